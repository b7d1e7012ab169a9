import type { Database } from '../database/database.ts'
import { takeLease, type Lease } from '../database/lease.ts'
import type { LeaseHolder } from '../database/lease-holder.ts'

export interface IndexLeasesOptions {
  readonly database: Database
  readonly holder: LeaseHolder
  /** Of the indexes that this process may follow, one lease each; undefined: one of all. */
  readonly indexes: readonly string[] | undefined
  readonly onWaiting: (holder: string) => void
  readonly onLost: () => void
}

/** Of all indexes; that of one index is under it. One excludes the other. */
export const ALL_INDEXES = 'indexer'
export const leaseOf = (index: string): string => `${ALL_INDEXES}:${index}`

/** ms until it tries again where the database did not let it. */
const PATIENCE = 1_000
/** Long enough for a garbage collection or a slow commit, short enough that a standby is there within seconds. */
const DURATION = 5_000

/** What lets this process write levels: one lease of all indexes, or one of each that it has. */
export class IndexLeases {
  readonly #options: IndexLeasesOptions
  /** By index; `undefined` is of all. */
  readonly #taken = new Map<string | undefined, Lease>()
  readonly #ending = new AbortController()
  #listener: (index: string) => void = () => {}

  constructor(options: IndexLeasesOptions) {
    this.#options = options
  }

  /** Each index has a process of its own, as far as this one knows. */
  get areSpread(): boolean {
    return this.#options.indexes !== undefined
  }

  /** The indexes whose own lease this process has. */
  get indexes(): readonly string[] {
    return [...this.#taken.keys()].filter((index) => index !== undefined)
  }

  get names(): readonly string[] {
    return this.indexes.map(leaseOf)
  }

  /** Of all that this process has: what concerns every index is written under all of them. */
  get fences(): readonly bigint[] {
    return [...this.#taken.values()].map(({ fence }) => fence)
  }

  /** What levels of this index are written under; 0: this process may not. */
  fence(index: string): bigint {
    return (this.#taken.get(this.areSpread ? index : undefined) ?? { fence: 0n }).fence
  }

  /**
   * Resolves when this process has the lease, or the first of its leases; it goes on to wait for the others.
   * @throws what the database does
   */
  async take(signal: AbortSignal): Promise<void> {
    const { indexes } = this.#options
    const end = (): void => this.#ending.abort(signal.reason)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    try {
      await Promise.any((indexes ?? [undefined]).map((index) => this.#takeWhenFree(index)))
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  /** Hears of each index that comes from now on: who followed it is gone. */
  listen(listener: (index: string) => void): void {
    this.#listener = listener
  }

  /** Takes no more. Idempotent. */
  stop(): void {
    this.#ending.abort()
  }

  /** Takes no more, and gives back what it has. Idempotent. */
  async release(): Promise<void> {
    this.stop()
    await Promise.all([...this.#taken.values()].map((lease) => lease.release()))
  }

  async #takeWhenFree(index: string | undefined): Promise<void> {
    for (;;) {
      try {
        return await this.#take(index)
      } catch (error) {
        // Whoever starts with nothing hears of it.
        if (this.#ending.signal.aborted || this.#taken.size === 0) throw error
        await new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())
      }
    }
  }

  async #take(index: string | undefined): Promise<void> {
    const { database, holder, onWaiting, onLost } = this.#options
    const lease = await takeLease(database, {
      name: index === undefined ? ALL_INDEXES : leaseOf(index),
      holder,
      duration: DURATION,
      onWaiting: (other) => {
        // One that has others is at work.
        if (this.#taken.size === 0) onWaiting(other)
      },
      onLost,
      signal: this.#ending.signal,
    })
    if (this.#ending.signal.aborted) return lease.release()
    this.#taken.set(index, lease)
    if (index !== undefined) this.#listener(index)
  }
}
