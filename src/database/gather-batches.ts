import { TransactionOverError } from '../errors.ts'
import { RowBatch, type WriteKind } from './row-batch.ts'
import type { Row } from './row-writer.ts'
import type { ColumnShape, TableShape, TableShapes } from './table-shapes.ts'
import { noColumn, saying, writeFailure } from './write-failure.ts'

/** A row that waits to be written, and who gave it. */
export interface GivenRow {
  readonly kind: WriteKind
  readonly row: Row
  readonly by: string | undefined
}

/**
 * The statements that write these rows, as few as have the same effect as one row after the other.
 * @throws WriteError for a row that does not fit its table
 */
export function gatherBatches(given: readonly GivenRow[], shapes: TableShapes): readonly RowBatch[] {
  const batches: RowBatch[] = []
  /** By kind and columns: where its last batch is. */
  const open = new Map<WriteKind, Map<string, number>>()
  /** By table: where its last batch is. */
  const lastOf = new Map<string, number>()
  for (const { kind, row, by } of given) {
    const shape = shapeOf(kind, shapes)
    const columns = Object.keys(row).join('\0')
    let opened = open.get(kind)
    if (opened === undefined) open.set(kind, (opened = new Map<string, number>()))
    const at = opened.get(columns)
    // An earlier batch takes it, unless rows that it may point to, or of the same table, came since.
    const canJoin =
      at !== undefined &&
      lastOf.get(shape.rel) === at &&
      !shape.references.some((rel) => (lastOf.get(rel) ?? -1) > at)
    const joined = canJoin && saying(kind, by, () => batches[at]?.add(row, by))
    if (joined === true) continue
    const batch = new RowBatch(kind, shape, columnsOf(kind, shape, row, by))
    saying(kind, by, () => batch.add(row, by))
    opened.set(columns, batches.length)
    lastOf.set(shape.rel, batches.length)
    batches.push(batch)
  }
  return batches
}

function shapeOf({ table }: WriteKind, shapes: TableShapes): TableShape {
  const shape = shapes.get(table)
  if (shape === undefined)
    throw new TransactionOverError(`table ${table} was altered while rows were written to it`)
  return shape
}

function columnsOf(
  kind: WriteKind,
  { columns }: TableShape,
  row: Row,
  by: string | undefined,
): readonly ColumnShape[] {
  const names = Object.keys(row)
  if (names.length === 0) throw writeFailure(kind, by, 'the row has no columns')
  for (const name of kind.key) {
    if (!names.includes(name)) throw writeFailure(kind, by, `the row lacks "${name}", a column of its key`)
  }
  for (const name of [...kind.add, ...kind.keep, ...kind.key]) {
    if (!columns.has(name)) throw writeFailure(kind, by, noColumn(name, columns))
  }
  return names.map((name) => {
    const column = columns.get(name)
    if (column === undefined) throw writeFailure(kind, by, noColumn(name, columns))
    return column
  })
}
