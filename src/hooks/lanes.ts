import type { HookConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import type { Membership } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import type { Logger } from '../logger.ts'
import { LaneStore, type WantedSlots } from './lane-store.ts'
import type { Lane } from './lane.ts'
import { shareOf } from './lane-share.ts'

export interface LanesOptions {
  readonly database: Database
  readonly membership: Membership
  readonly hooks: HookConfigs
  readonly logger: Logger
}

/**
 * Keeps this process at its share of each hook's slots. Each process reckons the shares by itself, gives back what is beyond its own
 * as soon as that is not used, and takes what is free; the sum in the database is never more than `maxConcurrency`.
 */
export class Lanes {
  readonly #options: LanesOptions
  readonly #store: LaneStore
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #shares = new Map<string, number>()
  #others: string | undefined
  #last: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(options: LanesOptions, lanes: ReadonlyMap<string, Lane>) {
    this.#options = options
    this.#store = new LaneStore(options.database, options.membership.id)
    this.#lanes = lanes
  }

  /** The living processes that take durable firings, by hook. */
  processes(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#store.processes()
  }

  /** Reckons the shares anew, and takes them. @throws what the database does */
  async reckon(): Promise<void> {
    const { hooks, membership } = this.#options
    const processes = await this.processes()
    for (const [name, { maxConcurrency }] of Object.entries(hooks))
      this.#shares.set(name, shareOf(name, maxConcurrency, processes.get(name) ?? [], membership.id))
    await this.#settle()
  }

  /** After a heartbeat. @throws what the database does */
  async follow({ others, revived }: Beat): Promise<void> {
    if (others !== this.#others || revived) {
      await this.reckon()
      this.#others = others
    } else await this.#settle()
  }

  /** Gives back what is beyond the share; in the background. */
  settle(): void {
    this.#settle().catch((error: unknown) => {
      this.#options.logger.debug('the shares of the hooks cannot be settled yet', { error })
    })
  }

  /** One after the other: each begins with what the last one came to. */
  #settle(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined
      const settling = this.#settleNow()
      this.#last = settling.catch(() => {})
      return settling
    })
    return this.#next
  }

  async #settleNow(): Promise<void> {
    const { hooks, membership } = this.#options
    const wanted: (WantedSlots & { readonly lane: Lane })[] = []
    for (const [hook, lane] of this.#lanes) {
      const want = lane.wanted(this.#shares.get(hook) ?? 0)
      if (want !== undefined) wanted.push({ hook, lane, want, most: hooks[hook]?.maxConcurrency ?? 0 })
    }
    if (wanted.length === 0) return
    const granted = await this.#store.settle(wanted.map(({ hook, want, most }) => ({ hook, want, most })))
    let freed = false
    for (const { hook, lane } of wanted) {
      const slots = granted.get(hook) ?? 0
      freed ||= slots < lane.slots
      lane.grant(slots)
    }
    if (freed) await membership.tell()
  }
}
