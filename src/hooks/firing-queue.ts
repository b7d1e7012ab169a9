import type { Clock } from '../clock.ts'
import type { HookConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import type { Beat, Membership, Party } from '../database/membership.ts'
import { CallbackTypeError, FiringLostError, StoppingError, UnknownHookError } from '../errors.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import { listWords } from '../text/did-you-mean.ts'
import type { FiringClaims, QueuedFiring } from './firing-claims.ts'
import type { Hook } from './hook.ts'
import { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { reasonOf } from './reason-of.ts'

export interface FiringQueueOptions {
  readonly database: Database
  readonly membership: Membership
  readonly claims: FiringClaims
  readonly hooks: HookConfigs
  readonly clock: Clock
  readonly logger: Logger
  readonly emit: EmitPawlEvent
  /** Runs it, and takes it off the queue: in one transaction where the hook is atomic. Rejects when it failed. */
  readonly run: (firing: QueuedFiring) => Promise<void>
}

/** ms until it looks again after the database did not answer. */
const PATIENCE = 1_000
/** Heartbeats between two looks of which nobody told: for a message that got lost. */
const QUIET_BEATS = 5

/**
 * Runs durable firings: in order per hook, `maxConcurrency` at a time in all processes together, again with back-off where they
 * failed. What a process had that died goes on elsewhere.
 */
export class FiringQueue {
  readonly #options: FiringQueueOptions
  readonly #lanes: ReadonlyMap<string, Lane>
  readonly #shares: Lanes
  readonly #party: Party = { beat: (beat) => void this.#beat(beat) }
  #listening: { unlisten(): Promise<void> } | undefined
  #timer: unknown
  #open = false
  #looking = false
  #lookAgain = false
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
          run: (firing) => this.#run(name, hook, firing),
          shed: () => this.#shares.settle(),
        }),
      ]),
    )
    this.#shares = new Lanes(options, this.#lanes)
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
    await claims.recover()
    await this.#warnOfUnknown()
    // Stopped meanwhile.
    if (!this.#open) return
    await membership.offer([...this.#lanes.keys()])
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
    this.#options.clock.clearTimeout(this.#timer)
    void this.#handOver().catch(() => {})
  }

  /** After all that ran has ended, or was cut off: nothing is this process's any more. Idempotent. */
  async leave(): Promise<void> {
    this.stop()
    await this.#options.claims.recover({ own: true }).catch(() => {})
    await this.#options.membership.leave(this.#party)
  }

  /** Looks for firings that may run now, here or in another process: an index came further, or a reorg was undone. */
  look(): void {
    this.#lookAgain = true
    if (this.#looking) return
    this.#looking = true
    void this.#lookWhileAsked().finally(() => (this.#looking = false))
  }

  async #lookWhileAsked(): Promise<void> {
    const { claims, membership, logger, clock } = this.#options
    while (this.#lookAgain && (this.#open || membership.hasOthers)) {
      this.#lookAgain = false
      try {
        for (const hook of await claims.waiting({ tell: membership.hasOthers }))
          this.#lanes.get(hook)?.refresh()
      } catch (error) {
        logger.debug('the queue of hooks cannot be read yet', { error })
        clock.clearTimeout(this.#timer)
        if (this.#open) this.#timer = clock.setTimeout(() => this.look(), PATIENCE)
      }
    }
  }

  async #beat(beat: Beat): Promise<void> {
    if (!this.#open) return
    try {
      if (beat.revived) for (const lane of this.#lanes.values()) lane.forget()
      await this.#options.claims.recover()
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

  async #run(name: string, hook: Hook, firing: QueuedFiring): Promise<void> {
    const { claims, run, logger } = this.#options
    try {
      if (firing.attempts >= hook.retry.attempts) await this.#failed(hook, firing, neverEnded(firing))
      else await run(firing)
    } catch (error) {
      this.#lanes.get(name)?.refresh()
      const noted =
        error instanceof FiringLostError ? claims.release([firing.id]) : this.#failed(hook, firing, error)
      await noted.catch((failure: unknown) => {
        // It is still on the queue, or is found there as this process's when that is gone.
        logger.warn(`the failure of hook "${name}" could not be stored`, { error: failure })
      })
    }
  }

  async #failed(hook: Hook, firing: QueuedFiring, error: unknown): Promise<void> {
    const { claims, clock, emit } = this.#options
    const { id, attempts, origin } = firing
    const event = { firing: id, hook: firing.hook, origin, error }
    if (error instanceof StoppingError) {
      return claims.fail(firing, { attempts, error: reasonOf(error), dueAt: new Date(clock.now()) })
    }
    const spent = attempts >= hook.retry.attempts
    const attempt = spent ? attempts : attempts + 1
    const hopeless = error instanceof CallbackTypeError || error instanceof UnknownHookError
    if (hopeless || attempt >= hook.retry.attempts) {
      await claims.fail(firing, { attempts: attempt, error: reasonOf(error), dueAt: undefined })
      emit({ type: 'hook.dead', ...event, attempts: attempt })
      return
    }
    const delay = Math.min(hook.retry.delay * 2 ** attempts, hook.retry.maxDelay) * 1_000
    const dueAt = new Date(clock.now() + delay)
    await claims.fail(firing, { attempts: attempt, error: reasonOf(error), dueAt })
    emit({ type: 'hook.retrying', ...event, attempt, delay })
  }

  async #warnOfUnknown(): Promise<void> {
    const { claims, logger } = this.#options
    const unknown = (await claims.waiting({ tell: false })).filter((hook) => !this.#lanes.has(hook))
    const elsewhere = unknown.length === 0 ? new Map() : await this.#shares.processes()
    const nobodys = unknown.filter((hook) => !elsewhere.has(hook))
    if (nobodys.length === 0) return
    logger.warn(`firings wait for ${listWords(nobodys)}, which the config does not have: they stay queued`)
  }
}

/** Its last run did not fail: it ended with its process. */
function neverEnded({ hook, id, attempts }: QueuedFiring): FiringLostError {
  return new FiringLostError(
    `firing ${id} of hook "${hook}" was begun ${attempts} times, and its process ended each time before it did`,
    { hint: '`pawl hooks retry` lets it run again.' },
  )
}
