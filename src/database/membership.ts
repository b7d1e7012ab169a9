import type { Database, DatabaseSession } from './database.ts'
import type { LeaseHolder } from './lease-holder.ts'
import { ProcessRow, type Beat, type Offer, type Profile } from './process-row.ts'

/**
 * ms, by the database's clock. A process that was not heard of for so long is given up, and what it had goes on elsewhere. Long
 * enough for a garbage collection, short enough that it is noticed within seconds.
 */
const DURATION = 6_000
/** ms from hearing that a process came or went to looking at them. */
const HEARING = 50

/** Counts as part of a process: while one is there, so is the process. */
export interface Party {
  /** After each heartbeat, and when another process came or went: time to look for what was left behind. */
  readonly beat: (beat: Beat) => void
}

const NOBODY: Profile = { version: '', roles: [], indexes: [] }

/**
 * This process among those on the database: a row, kept by a heartbeat on a session of its own and by the machine's clock. It is
 * there from the first party that enters to the last that leaves.
 */
export class Membership {
  readonly #database: Database
  readonly #row: ProcessRow
  readonly #parties = new Set<Party>()
  readonly #listeners = new Set<(beat: Beat) => void>()
  #entering: Promise<void> | undefined
  #last: Beat | undefined
  #timer: NodeJS.Timeout | undefined
  #session: DatabaseSession | undefined
  #listening: { unlisten(): Promise<void> } | undefined
  #heard: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  /** `performance.now()` of the beat that is under way, or was last. */
  #began = 0

  constructor(database: Database, profile = NOBODY) {
    this.#database = database
    this.#row = new ProcessRow(database, profile, DURATION)
  }

  get id(): string {
    return this.#row.id
  }

  get holder(): LeaseHolder {
    return this.#row.holder
  }

  /** The channel on which it is told that a process came or went, or what it has became free. */
  get channel(): string {
    return this.#row.channel
  }

  /** What the last heartbeat found. */
  get last(): Beat | undefined {
    return this.#last
  }

  /** Other processes live on this database, as far as was heard. */
  get hasOthers(): boolean {
    return this.#last !== undefined && this.#last.others !== ''
  }

  /**
   * From here on this process counts as living. Idempotent.
   * @throws what the database does: then it does not count
   */
  async enter(party: Party): Promise<void> {
    this.#parties.add(party)
    this.#entering ??= this.#enter()
    try {
      await this.#entering
    } catch (error) {
      this.#parties.delete(party)
      this.#entering = undefined
      throw error
    }
  }

  /** The last to leave takes the process off. Idempotent. */
  async leave(party: Party): Promise<void> {
    if (!this.#parties.delete(party) || this.#parties.size > 0) return
    await this.#entering?.catch(() => {})
    this.#entering = undefined
    clearInterval(this.#timer)
    clearTimeout(this.#heard)
    // One that is under way would put its row there again.
    await this.#beating
    this.#session?.end()
    this.#session = undefined
    await this.#listening?.unlisten().catch(() => {})
    await this.#row.remove()
  }

  /** Hears each heartbeat, without counting as a party. */
  listen(listener: (beat: Beat) => void): void {
    this.#listeners.add(listener)
  }

  /** From here on it counts as one that runs durable firings. @throws what the database does */
  async offer(offer: Offer): Promise<void> {
    await this.#row.offer(offer)
  }

  /** Tells the others that it takes nothing more. */
  async drain(): Promise<void> {
    if (this.#entering !== undefined) await this.#row.drain()
  }

  /** Tells the others that something of this process became free. */
  async tell(): Promise<void> {
    await this.#row.tell()
  }

  async #enter(): Promise<void> {
    this.#last = await this.#row.keep()
    await this.#row.giveUpOthers()
    this.#listening = await this.#database.listen(
      this.channel,
      (id) => void (id === this.id || this.#hear()),
      () => this.#hear(),
    )
    this.#timer = setInterval(() => this.#beat(), DURATION / 3)
    this.#timer.unref()
    await this.tell()
  }

  /** Of many that come or go at once it is heard once. */
  #hear(): void {
    this.#heard ??= setTimeout(() => {
      this.#heard = undefined
      this.#beat()
    }, HEARING)
    this.#heard.unref()
  }

  #beat(): void {
    if (this.#beating !== undefined) {
      // The last one has had its third: the network may be cut, which a connection notices after minutes.
      if (performance.now() - this.#began > DURATION / 4) this.#session?.end()
      return
    }
    this.#began = performance.now()
    this.#beating = this.#keepAndTell().finally(() => (this.#beating = undefined))
  }

  async #keepAndTell(): Promise<void> {
    try {
      this.#session ??= await this.#database.openSession()
      if (this.#parties.size === 0) return
      const beat = await this.#row.keep(this.#session)
      this.#last = beat
      await this.#row.giveUpOthers(this.#session)
      for (const listener of this.#listeners) listener(beat)
      for (const party of this.#parties) party.beat(beat)
    } catch {
      // Again at the next beat, on another session; without a database nobody can take over either.
      this.#session?.end()
      this.#session = undefined
    }
  }
}
