import type { HookConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import type { DurableQueue } from './durable-queue.ts'
import { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { Looking } from './looking.ts'
import { runFiring, type RunFiringOptions } from './run-firing.ts'
import { recoverFirings } from './recover-firings.ts'
import { Strays } from './strays.ts'
import { warnOfUnknown } from './warn-of-unknown.ts'

export interface FiringQueueOptions extends RunFiringOptions {
  readonly database: Database
  readonly membership: Membership
  readonly hooks: HookConfigs
}

/** Heartbeats between two looks of which nobody told: for a message that got lost. */
const QUIET_BEATS = 5

/**
 * Runs durable firings: in order per hook, `maxConcurrency` at a time in all processes together, again with back-off where they
 * failed. What a process had that died goes on elsewhere.
 */
export class FiringQueue implements DurableQueue {
  readonly #options: FiringQueueOptions
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #shares: Lanes
  readonly #party: Party = { beat: (beat) => void this.#beat(beat) }
  readonly #strays: Strays
  readonly #looking: Looking
  #listening: { unlisten(): Promise<void> } | undefined
  #open = false
  #beats = 0

  constructor(options: FiringQueueOptions) {
    this.#options = options
    this.#lanes = new Map(
      Object.entries(options.hooks).map(([name, hook]) => [
        name,
        new Lane({
          ...options,
          name,
          hook,
          run: (firing, ended) =>
            runFiring(firing, hook, options, {
              ended,
              failed: () => this.#lanes.get(name)?.failed(),
              goesOn: () => this.#open,
            }),
          shed: () => this.#shares.settle(),
        }),
      ]),
    )
    this.#shares = new Lanes(options, this.#lanes)
    this.#strays = new Strays(options)
    this.#looking = new Looking({
      clock: options.clock,
      logger: options.logger,
      look: () => this.#wakeWaiting(),
      again: () => this.#open,
    })
  }

  /** Begins to run what waits, and what is told of from now on. @throws what the database does */
  async start(): Promise<void> {
    this.#open = true
    try {
      await this.#begin()
    } catch (error) {
      // Stopped meanwhile: the database may be closed.
      if (this.#open) throw error
    }
  }

  async #begin(): Promise<void> {
    const { database, membership, claims } = this.#options
    await membership.enter(this.#party)
    await recoverFirings(this.#options)
    await warnOfUnknown(this.#options, () => this.#shares.processes())
    // Stopped meanwhile.
    if (!this.#open) return
    await membership.offer({ hooks: [...this.#lanes.keys()] })
    if (!this.#open) return
    for (const lane of this.#lanes.values()) lane.open()
    await this.#shares.reckon()
    if (!this.#open) return
    this.#listening = await database.listen(
      claims.channel,
      (hook) => this.#lanes.get(hook)?.wake(),
      () => this.look(),
    )
    if (!this.#open) await this.#listening.unlisten()
  }

  /** Begins nothing any more; what runs goes on. Idempotent. */
  stop(): void {
    if (!this.#open) return
    this.#open = false
    void this.#listening?.unlisten().catch(() => {})
    this.#looking.stop()
    void this.#handOver().catch(() => {})
  }

  /** After all that ran has ended, or was cut off: nothing is this process's any more. Idempotent. */
  async leave(): Promise<void> {
    this.stop()
    await recoverFirings(this.#options, { own: true }).catch(() => {})
    await this.#options.membership.leave(this.#party)
  }

  /** Looks for firings that may run now, here or in another process: an index came further, or a reorg was undone. */
  look(): void {
    if (this.#open || this.#options.membership.hasOthers) this.#looking.ask()
  }

  async #wakeWaiting(): Promise<void> {
    const { claims, membership } = this.#options
    for (const hook of await claims.waiting({ tell: membership.hasOthers })) this.#lanes.get(hook)?.refresh()
  }

  async #beat(beat: Beat): Promise<void> {
    if (!this.#open) return
    try {
      if (beat.revived) for (const lane of this.#lanes.values()) lane.forget()
      await recoverFirings(this.#options)
      await this.#strays.free(() => new Set([...this.#lanes.values()].flatMap(({ firings }) => firings)))
      await this.#shares.follow(beat)
      this.#beats += 1
      if (this.#beats % QUIET_BEATS === 0) this.look()
    } catch (error) {
      this.#options.logger.debug('the other processes cannot be looked at yet', { error })
    }
  }

  /** So that others need not wait for what this process will not begin. */
  async #handOver(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()))
    await this.#options.membership.drain()
    this.#shares.settle()
  }
}
