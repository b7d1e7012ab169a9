import { describeValue } from '../text/describe-value.ts'
import { BatchGatherer } from './batch-gatherer.ts'
import type { RowBatch, WriteKind } from './row-batch.ts'
import type { Row, RowWriter, UpsertOptions } from './row-writer.ts'
import type { RunStatement, TableShape, TableShapes } from './table-shapes.ts'
import { noColumn, refused, saying, writeFailure } from './write-failure.ts'
import { WriteKinds } from './write-kinds.ts'
import { asError } from '../text/reason-of.ts'

export interface WriteBufferOptions {
  readonly shapes: TableShapes
  /** Sends a statement of the transaction; the next one is behind it. */
  readonly run: RunStatement
  /** Why nothing may be written any more; undefined: it may. */
  readonly refusal: () => Error | undefined
}

/** A row that waits until the columns of its table are known. */
interface WaitingRow {
  readonly kind: WriteKind
  readonly row: Row
  readonly by: string | undefined
}

/**
 * Bytes of rows a flush, some 60,000 of a few numbers and hashes: the more there are, the more upserts of one key become one. 200,000
 * events of which each adds to two of 10,000 balances took PostgreSQL 3.3 s of CPU like this, and 5.6 s in flushes of 10,000 rows.
 */
const FLUSH = 8_000_000
/** Flushes on their way: one is written while the next is made. */
const UNDER_WAY = 2

/**
 * The rows of a transaction (or a savepoint) that are not written yet, in the order they were given.
 *
 * *open*: takes rows, and puts them into statements; when they are many, they are handed to the connection, one behind the other, and
 * nobody waits. *sending*: the columns of a table are read, which is not known yet, and rows wait until they are. *failed*: the first error,
 * which every later call and the end of the transaction throw: rows are gone, so nothing may be committed.
 */
export class WriteBuffer implements RowWriter {
  readonly #options: WriteBufferOptions
  readonly #gatherer = new BatchGatherer()
  /** Came since the gatherer had its last: of a table that is not known, or behind one that is. */
  #waiting: WaitingRow[] = []
  /** Bytes of rows since the last flush. */
  #bytes = 0
  #sending: Promise<void> | undefined
  /** Statements that are not answered yet. */
  readonly #underWay = new Set<Promise<void>>()
  #failure: Error | undefined
  #isDiscarded = false
  readonly #kinds = new WriteKinds()

  constructor(options: WriteBufferOptions) {
    this.#options = options
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** Something is not handed to the connection yet. */
  get isPending(): boolean {
    return !this.#gatherer.isEmpty || this.#waiting.length > 0 || this.#sending !== undefined
  }

  /** All that it took is written. */
  get isDone(): boolean {
    return !this.isPending && this.#underWay.size === 0 && this.#failure === undefined
  }

  insert(table: string, rows: Row | readonly Row[], by?: string): void {
    this.#take(this.#kinds.insert(table), rows, by)
  }

  upsert(table: string, rows: Row | readonly Row[], options: UpsertOptions, by?: string): void {
    this.#take(this.#kinds.upsert(table, options, by), rows, by)
  }

  /** Hands all to the connection. What is sent after it resolves comes after it. @throws WriteError */
  send(): Promise<void> {
    this.#bytes = 0
    if (this.#waiting.length === 0 && this.#sending === undefined) {
      this.#write()
      return this.#settled()
    }
    const before = this.#sending
    const sending = (async () => {
      await before
      await this.#learn()
      this.#write()
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

  /** The transaction is over, or rolled back: what is on its way to the connection does not get there any more. */
  discard(): void {
    this.#isDiscarded = true
    this.#waiting = []
    this.#gatherer.take()
  }

  #take(kind: WriteKind, rows: Row | readonly Row[], by: string | undefined): void {
    const refusal = this.#failure ?? this.#options.refusal()
    if (refusal !== undefined) throw refusal
    if (Array.isArray(rows)) for (const row of rows as readonly Row[]) this.#takeOne(kind, row, by)
    else this.#takeOne(kind, rows as Row, by)
  }

  #takeOne(kind: WriteKind, row: Row, by: string | undefined): void {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw writeFailure(kind, by, `a row is an object of columns, got ${describeValue(row)}`)
    }
    const shape = this.#waiting.length === 0 && this.#sending === undefined ? this.#shapeOf(kind) : undefined
    if (shape === undefined || !this.#gather(kind, shape, row, by)) this.#waiting.push({ kind, row, by })
    this.#bytes += roughBytes(row)
    // An error is kept, and thrown by what comes next.
    if (this.#bytes >= FLUSH) this.send().catch(() => {})
  }

  #shapeOf({ table }: WriteKind): TableShape | undefined {
    return this.#options.shapes.get(table)
  }

  /**
   * @returns false: the table lacks a column that the row has, or lacked it when it was looked at
   * @throws WriteError, and nothing may be committed any more
   */
  #gather(kind: WriteKind, shape: TableShape, row: Row, by: string | undefined): boolean {
    try {
      return this.#gatherer.add(kind, shape, row, by)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Reads the columns of the tables that are not known, and gathers the rows that waited for them. */
  async #learn(): Promise<void> {
    const { shapes, run } = this.#options
    const waiting = this.#waiting
    this.#waiting = []
    if (this.#failure !== undefined) return
    for (const { kind, row, by } of waiting) {
      const known = shapes.get(kind.table)
      if (known !== undefined && this.#gather(kind, known, row, by)) continue
      // Somebody else may have altered it.
      const shape = await shapes.read(kind.table, run)
      if (this.#isDiscarded) return
      if (shape === undefined) {
        throw writeFailure(kind, by, `there is no table ${kind.table}`, {
          hint: 'Make it in on_reindex: by a script of sql/on_reindex, say.',
        })
      }
      if (!this.#gather(kind, shape, row, by)) throw noColumn(kind, shape, row, by)
    }
  }

  #write(): void {
    const batches = this.#gatherer.take()
    if (this.#failure !== undefined || this.#isDiscarded) return
    try {
      for (const batch of batches) this.#writeOne(batch)
    } catch (error) {
      this.#fail(error)
    }
  }

  #writeOne(batch: RowBatch): void {
    const { run } = this.#options
    const [by] = batch.blame(undefined)
    const args = saying(batch.kind, by, () => batch.arguments())
    const written = (async () => {
      await run(batch.statement, args)
    })()
      .catch((error: unknown) => {
        this.#fail(refused(batch, error))
      })
      .finally(() => this.#underWay.delete(written))
    this.#underWay.add(written)
  }

  #fail(error: unknown): void {
    // What was known of the table may be what is wrong.
    this.#options.shapes.forget()
    this.#failure ??= asError(error)
  }

  async #settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
  }
}

/** What a row will take in memory and on its way, within a factor of two for all but JSON. */
function roughBytes(row: Row): number {
  let bytes = 60
  for (const name in row) {
    const value = row[name]
    if (typeof value === 'string') bytes += value.length
    else if (value instanceof Uint8Array) bytes += 2 * value.byteLength
    else bytes += typeof value === 'object' && value !== null ? 200 : 8
  }
  return bytes
}
