import { TransactionOverError, WriteError } from '../errors.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { describeValue } from '../text/describe-value.ts'
import { UnfitValue } from './encode-column.ts'
import { RowBatch, type WriteKind } from './row-batch.ts'
import type { Row, RowWriter, UpsertOptions } from './row-writer.ts'
import type { RunStatement, TableShape, TableShapes } from './table-shapes.ts'

export interface WriteBufferOptions {
  readonly shapes: TableShapes
  /** Sends a statement of the transaction; the next one is behind it. */
  readonly run: RunStatement
  /** Why nothing may be written any more; undefined: it may. */
  readonly refusal: () => Error | undefined
}

interface Given {
  readonly kind: WriteKind
  readonly row: Row
  readonly by: string | undefined
}

/** Rows a flush: enough that a statement's own cost is small, few enough to hold in memory. */
const ROWS = 10_000
/** Flushes on their way: one is written while the next is made. */
const UNDER_WAY = 2

/**
 * The rows of a transaction (or a savepoint) that are not written yet, in the order they were given.
 *
 * *open*: takes rows; the ten thousandth sends them all. *sending*: the tables' columns are read for the first time, then the
 * statements are handed to the connection, one behind the other, and nobody waits. *failed*: the first error, which every
 * later call and the end of the transaction throw: rows are gone, so nothing may be committed.
 */
export class WriteBuffer implements RowWriter {
  readonly #options: WriteBufferOptions
  #given: Given[] = []
  #sending: Promise<void> | undefined
  /** Statements that are not answered yet. */
  readonly #underWay = new Set<Promise<void>>()
  #failure: Error | undefined
  readonly #kinds = new Map<string, WriteKind>()

  constructor(options: WriteBufferOptions) {
    this.#options = options
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Something is not handed to the connection yet. */
  get isPending(): boolean {
    return this.#given.length > 0 || this.#sending !== undefined
  }

  insert(table: string, rows: Row | readonly Row[], by?: string): void {
    this.#take(this.#kinds.get(table) ?? this.#know(table, insertOf(table)), rows, by)
  }

  upsert(table: string, rows: Row | readonly Row[], options: UpsertOptions, by?: string): void {
    const { key, add = [], keep = [] } = checked(table, options, by)
    const sign = `${table}\u0001${joined(key)}\u0001${joined(add)}\u0001${joined(keep)}`
    this.#take(this.#kinds.get(sign) ?? this.#know(sign, upsertOf(table, { key, add, keep })), rows, by)
  }

  /** Hands all to the connection. What is sent after it resolves comes after it. @throws WriteError */
  send(): Promise<void> {
    if (!this.isPending) return this.#settled()
    const before = this.#sending
    const sending = (async () => {
      await before
      await this.#send()
    })()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        if (this.#sending === sending) this.#sending = undefined
      })
    this.#sending = sending
    return sending.then(() => this.#settled())
  }

  /** Writes all. @throws WriteError */
  async flush(): Promise<void> {
    await this.send()
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    return this.#settled()
  }

  async keepUp(): Promise<void> {
    while (this.#underWay.size > UNDER_WAY || this.#sending !== undefined) {
      await (this.#sending ?? Promise.race(this.#underWay))
    }
    return this.#settled()
  }

  /** The transaction is rolled back. */
  discard(): void {
    this.#given = []
  }

  #know(sign: string, kind: WriteKind): WriteKind {
    this.#kinds.set(sign, kind)
    return kind
  }

  #take(kind: WriteKind, rows: Row | readonly Row[], by: string | undefined): void {
    const refusal = this.#failure ?? this.#options.refusal()
    if (refusal !== undefined) throw refusal
    if (Array.isArray(rows)) for (const row of rows as readonly Row[]) this.#takeOne(kind, row, by)
    else this.#takeOne(kind, rows as Row, by)
  }

  #takeOne(kind: WriteKind, row: Row, by: string | undefined): void {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw failed(kind, by, `a row is an object of columns, got ${describeValue(row)}`)
    }
    this.#given.push({ kind, row, by })
    // An error is kept, and thrown by what comes next.
    if (this.#given.length >= ROWS) this.send().catch(() => {})
  }

  async #send(): Promise<void> {
    const given = this.#given
    this.#given = []
    if (this.#failure !== undefined) return
    await this.#learn(given)
    for (const batch of this.#batches(given)) this.#write(batch)
  }

  async #learn(given: readonly Given[]): Promise<void> {
    const { shapes, run } = this.#options
    const unknown = new Map<string, Given>()
    let last: string | undefined
    for (const one of given) {
      const { table } = one.kind
      if (table !== last && shapes.get(table) === undefined && !unknown.has(table)) unknown.set(table, one)
      last = table
    }
    for (const [table, { kind, by }] of unknown) {
      if ((await shapes.read(table, run)) !== undefined) continue
      throw failed(kind, by, `there is no table ${table}`, {
        hint: 'Make it in on_reindex: by a script of sql/on_reindex, say.',
      })
    }
  }

  /** In an order that has the same effect as one by one, as few as that can be. */
  #batches(given: readonly Given[]): readonly RowBatch[] {
    const batches: RowBatch[] = []
    /** By kind and columns: where its last batch is. */
    const open = new Map<WriteKind, Map<string, number>>()
    /** By table: where its last batch is. */
    const lastOf = new Map<string, number>()
    for (const { kind, row, by } of given) {
      const shape = this.#shape(kind)
      const names = Object.keys(row)
      const columns = names.join('\0')
      let opened = open.get(kind)
      if (opened === undefined) open.set(kind, (opened = new Map<string, number>()))
      const at = opened.get(columns)
      // An earlier batch takes it, unless rows that it may point to, or of the same table, came since.
      const canJoin =
        at !== undefined &&
        lastOf.get(shape.rel) === at &&
        !shape.references.some((rel) => (lastOf.get(rel) ?? -1) > at)
      const joined = canJoin && this.#tell(kind, by, () => batches[at]?.add(row, by))
      if (joined === true) continue
      const batch = new RowBatch(kind, shape, this.#columns(kind, shape, row, by))
      this.#tell(kind, by, () => batch.add(row, by))
      opened.set(columns, batches.length)
      lastOf.set(shape.rel, batches.length)
      batches.push(batch)
    }
    return batches
  }

  #shape({ table }: WriteKind): TableShape {
    const shape = this.#options.shapes.get(table)
    if (shape === undefined)
      throw new TransactionOverError(`table ${table} was altered while rows were written to it`)
    return shape
  }

  #columns(kind: WriteKind, { columns }: TableShape, row: Row, by: string | undefined) {
    const names = Object.keys(row)
    if (names.length === 0) throw failed(kind, by, 'the row has no columns')
    for (const name of kind.key) {
      if (!names.includes(name)) throw failed(kind, by, `the row lacks "${name}", a column of its key`)
    }
    for (const name of [...kind.add, ...kind.keep, ...kind.key]) {
      if (!columns.has(name)) throw failed(kind, by, noColumn(name, columns))
    }
    return names.map((name) => {
      const column = columns.get(name)
      if (column === undefined) throw failed(kind, by, noColumn(name, columns))
      return column
    })
  }

  #write(batch: RowBatch): void {
    const { shapes, run } = this.#options
    const [by] = batch.blame(undefined)
    const args = this.#tell(batch.kind, by, () => batch.arguments())
    const written = (async () => {
      await run(batch.statement, args)
    })()
      .catch((error: unknown) => {
        shapes.forget()
        this.#fail(refused(batch, error))
      })
      .finally(() => this.#underWay.delete(written))
    this.#underWay.add(written)
  }

  #tell<T>(kind: WriteKind, by: string | undefined, work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw error instanceof UnfitValue ? failed(kind, by, error.message) : error
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
  }

  async #settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function insertOf(table: string): WriteKind {
  return { type: 'insert', table: nameOf(table), key: [], add: [], keep: [] }
}

function upsertOf(table: string, { key, add, keep }: Required<UpsertOptions>): WriteKind {
  return { type: 'upsert', table: nameOf(table), key: listOf(key), add: listOf(add), keep: listOf(keep) }
}

function nameOf(table: unknown): string {
  if (typeof table === 'string' && table !== '') return table
  throw new WriteError(`expected the name of a table, got ${describeValue(table)}`)
}

const listOf = (names: string | readonly string[]): readonly string[] =>
  typeof names === 'string' ? [names] : names

const joined = (names: string | readonly string[]): string =>
  typeof names === 'string' ? names : names.join('\0')

const isName = (name: unknown): boolean => typeof name === 'string' && name !== ''

function checked(table: string, options: UpsertOptions, by: string | undefined): UpsertOptions {
  const given: unknown = (options as Partial<UpsertOptions> | undefined)?.key
  if (isName(given) || (Array.isArray(given) && given.length > 0 && given.every(isName))) return options
  throw new WriteError(
    `${sayBy(by)}ctx.upsert("${table}", …): expected { key: the columns of its primary key }, got ${describeValue(given)}`,
  )
}

function noColumn(name: string, columns: ReadonlyMap<string, unknown>): string {
  const known = [...columns.keys()]
  return `it has no column "${name}"${didYouMean(name, known) || `; it has ${listWords(known)}`}`
}

const sayBy = (by: string | undefined): string => (by === undefined ? '' : `${by}: `)

function failed(
  { type, table }: WriteKind,
  by: string | undefined,
  what: string,
  options: { readonly cause?: unknown; readonly hint?: string } = {},
): WriteError {
  return new WriteError(`${sayBy(by)}ctx.${type}("${table}", …) failed: ${what}`, options)
}

/** What PostgreSQL said. Anything else is no fault of the rows. */
function refused(batch: RowBatch, error: unknown): unknown {
  if (!(error instanceof Error) || !('severity' in error)) return error
  const { code, detail } = error as { code?: string; detail?: string }
  const by = batch.blame(error)
  const who = by.length > 1 ? `${by[0]} … ${by.at(-1)}` : by[0]
  const { key } = batch.kind
  return failed(batch.kind, who, `${error.message}${detail === undefined ? '' : ` – ${detail}`}`, {
    cause: error,
    ...(code === '42P10'
      ? { hint: `Give the table a primary key or a unique index of exactly ${listWords(key)}.` }
      : {}),
  })
}
