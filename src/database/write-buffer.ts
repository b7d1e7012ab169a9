import { describeValue } from '../text/describe-value.ts'
import { gatherBatches, type GivenRow } from './gather-batches.ts'
import type { RowBatch, WriteKind } from './row-batch.ts'
import type { Row, RowWriter, UpsertOptions } from './row-writer.ts'
import type { RunStatement, TableShapes } from './table-shapes.ts'
import { refused, saying, writeFailure } from './write-failure.ts'
import { WriteKinds } from './write-kinds.ts'

export interface WriteBufferOptions {
  readonly shapes: TableShapes
  /** Sends a statement of the transaction; the next one is behind it. */
  readonly run: RunStatement
  /** Why nothing may be written any more; undefined: it may. */
  readonly refusal: () => Error | undefined
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
  #given: GivenRow[] = []
  #sending: Promise<void> | undefined
  /** Statements that are not answered yet. */
  readonly #underWay = new Set<Promise<void>>()
  #failure: Error | undefined
  readonly #kinds = new WriteKinds()

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
    this.#take(this.#kinds.insert(table), rows, by)
  }

  upsert(table: string, rows: Row | readonly Row[], options: UpsertOptions, by?: string): void {
    this.#take(this.#kinds.upsert(table, options, by), rows, by)
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
    this.#given.push({ kind, row, by })
    // An error is kept, and thrown by what comes next.
    if (this.#given.length >= ROWS) this.send().catch(() => {})
  }

  async #send(): Promise<void> {
    const given = this.#given
    this.#given = []
    if (this.#failure !== undefined) return
    await this.#learn(given)
    for (const batch of gatherBatches(given, this.#options.shapes)) this.#write(batch)
  }

  async #learn(given: readonly GivenRow[]): Promise<void> {
    const { shapes, run } = this.#options
    const unknown = new Map<string, GivenRow>()
    let last: string | undefined
    for (const one of given) {
      const { table } = one.kind
      if (table !== last && shapes.get(table) === undefined && !unknown.has(table)) unknown.set(table, one)
      last = table
    }
    for (const [table, { kind, by }] of unknown) {
      if ((await shapes.read(table, run)) !== undefined) continue
      throw writeFailure(kind, by, `there is no table ${table}`, {
        hint: 'Make it in on_reindex: by a script of sql/on_reindex, say.',
      })
    }
  }

  #write(batch: RowBatch): void {
    const { shapes, run } = this.#options
    const [by] = batch.blame(undefined)
    const args = saying(batch.kind, by, () => batch.arguments())
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

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
  }

  async #settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
  }
}
