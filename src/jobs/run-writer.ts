import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { storableText } from '../text/storable-text.ts'
import { writeRuns } from './job-runs.ts'
import type { JobTally, Run } from './job-store.ts'
import { keyOf, RecordBatch } from './record-batch.ts'

/** ms until what could not be written is tried again. */
const RETRY_AFTER = 1_000

/** Messages longer than this are cut: they are for a status line, the log has them whole. */
const LONGEST_ERROR = 2_000

/** The keys of runs that another process has. */
type Left = ReadonlySet<string>

const NONE: Left = new Set()

interface Sent {
  readonly batch: RecordBatch
  readonly number: number
}

/**
 * Writes what runs come to. What is recorded while a statement is under way goes together in the next one. One without an answer may
 * have been carried out: it is sent again as it was, under its number, and the database counts each number once.
 */
export class RunWriter {
  readonly #database: Database
  readonly #owner: string
  readonly #writer = randomUUID()
  #number = 0
  #batch = new RecordBatch()
  #unanswered: Sent | undefined
  #current: Promise<Left> = Promise.resolve(NONE)
  #next: Promise<Left> | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(database: Database, owner: string) {
    this.#database = database
    this.#owner = owner
  }

  /** See `JobStore.record`. */
  record(job: string, tally: JobTally, run?: Run): Promise<boolean> {
    this.#batch.add(job, storable(tally), run?.error === undefined ? run : { ...run, error: cut(run.error) })
    this.#next ??= this.#writeAfter(this.#current)
    return this.#next.then((left) => run === undefined || left.size === 0 || !left.has(keyOf(run)))
  }

  /** See `JobStore.settled`. */
  async settled(): Promise<void> {
    await this.#written()
    if (this.#batch.isEmpty && this.#unanswered === undefined) return
    // Who leaves does not wait for the next try, which is a second away.
    this.#tryAgain()
    await this.#written()
  }

  /** Tries no more by itself. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
  }

  async #written(): Promise<void> {
    while (this.#next !== undefined) await this.#next.catch(() => {})
    await this.#current.catch(() => {})
  }

  async #writeAfter(current: Promise<Left>): Promise<Left> {
    await current.catch(() => {})
    const batch = this.#batch
    this.#batch = new RecordBatch()
    // From here on, records belong to the next statement.
    this.#current = this.#next ?? Promise.resolve(NONE)
    this.#next = undefined
    try {
      await this.#sendAgain()
      return batch.isEmpty ? NONE : await this.#send({ batch, number: ++this.#number })
    } catch (error) {
      if (this.#unanswered?.batch !== batch) this.#batch.addBefore(batch)
      clearTimeout(this.#retry)
      if (!this.#closed) this.#retry = setTimeout(() => this.#tryAgain(), RETRY_AFTER).unref()
      throw error
    }
  }

  async #sendAgain(): Promise<void> {
    if (this.#unanswered !== undefined) await this.#send(this.#unanswered)
  }

  async #send(sent: Sent): Promise<Left> {
    this.#unanswered = sent
    const { batch, number } = sent
    const left = await writeRuns(this.#database, {
      owner: this.#owner,
      runs: batch.runs,
      tallies: batch.tallies,
      writer: this.#writer,
      number: batch.isSameTwice ? undefined : number,
    })
    this.#unanswered = undefined
    return left.length === 0 ? NONE : new Set(left.map(keyOf))
  }

  #tryAgain(): void {
    this.#next ??= this.#writeAfter(this.#current)
    this.#next.catch(() => {})
  }
}

const storable = (tally: JobTally): JobTally =>
  tally.lastError === undefined ? tally : { ...tally, lastError: cut(tally.lastError) }

const cut = (text: string): string => storableText(text.slice(0, LONGEST_ERROR))
