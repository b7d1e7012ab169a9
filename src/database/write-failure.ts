import { WriteError } from '../errors.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { UnfitValue } from './encode-column.ts'
import type { RowBatch, WriteKind } from './row-batch.ts'
import type { Row } from './row-writer.ts'
import type { TableShape } from './table-shapes.ts'

/** The first column of a row, or of how it is to be written, that its table lacks. */
export function unknownColumn(
  { key, add, keep }: WriteKind,
  { columns }: TableShape,
  row: Row,
): string | undefined {
  return [...add, ...keep, ...key, ...Object.keys(row)].find((name) => !columns.has(name))
}

/** Of a column that the table lacks. */
export function noColumn(kind: WriteKind, shape: TableShape, row: Row, by: string | undefined): WriteError {
  const known = [...shape.columns.keys()]
  const name = unknownColumn(kind, shape, row) ?? ''
  const what = `it has no column "${name}"${didYouMean(name, known) || `; it has ${listWords(known)}`}`
  return writeFailure(kind, by, what)
}

/** Who gave the row, before what is said of it. */
export const sayBy = (by: string | undefined): string => (by === undefined ? '' : `${by}: `)

/** A row could not be written: by whom, to which table, and why. */
export function writeFailure(
  { type, table }: WriteKind,
  by: string | undefined,
  what: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): WriteError {
  return new WriteError(`${sayBy(by)}ctx.${type}("${table}", …) failed: ${what}`, options)
}

/** What PostgreSQL said. Anything else is no fault of the rows. */
export function refused(batch: RowBatch, error: unknown): unknown {
  if (!(error instanceof Error) || !('severity' in error)) return error
  const { code, detail } = error as { code?: string; detail?: string }
  const by = batch.blame(error)
  const who = by.length > 1 ? `${by[0]} … ${by.at(-1)}` : by[0]
  const { key } = batch.kind
  return writeFailure(batch.kind, who, `${error.message}${detail === undefined ? '' : ` – ${detail}`}`, {
    cause: error,
    ...(code === '42P10'
      ? { hint: `Give the table a primary key or a unique index of exactly ${listWords(key)}.` }
      : {}),
    ...(code !== undefined && ALTERED.has(code)
      ? { hint: 'The table was altered since its columns were read. They are read again for the next rows.' }
      : {}),
  })
}

/** SQLSTATEs of a statement that was made for other columns, or for a table that is gone. */
const ALTERED: ReadonlySet<string> = new Set(['42804', '42703', '42P01'])

/** Does `work` with a row's values. @throws WriteError for one that does not fit its column */
export function saying<T>(kind: WriteKind, by: string | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof UnfitValue ? writeFailure(kind, by, error.message) : error
  }
}
