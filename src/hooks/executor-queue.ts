import type { HookConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import type { DurableQueue } from './durable-queue.ts'
import type { Deliveries, OpenExecutor } from './executor.ts'
import { LaneStore } from './lane-store.ts'
import { Looking } from './looking.ts'
import { MessageSender } from './message-sender.ts'
import { Receivers } from './receivers.ts'
import { HookTurns } from './hook-turns.ts'
import type { RunFiringOptions } from './run-firing.ts'
import { recoverFirings } from './recover-firings.ts'
import { Strays } from './strays.ts'
import { warnOfUnknown } from './warn-of-unknown.ts'

export interface ExecutorQueueOptions extends RunFiringOptions {
  readonly database: Database
  readonly membership: Membership
  readonly hooks: HookConfigs
  readonly executor: OpenExecutor
}

/** ms that a stop waits for the executor, once what ran has ended. */
const PATIENCE = 5_000
/** Heartbeats between two looks of which nobody told: for a message that got lost. */
const QUIET_BEATS = 5

/**
 * Runs durable firings when an executor delivers messages: a message lets a process run what comes next of its hook, one firing
 * after the other as long as there are more. The ledger decides what that is, so order, limits, confirmations and back-off are those
 * of `FiringQueue`. Whoever ends its turn, or sees that something may run, sends messages where none is on its way.
 */
export class ExecutorQueue implements DurableQueue {
  readonly #options: ExecutorQueueOptions
  readonly #sender: MessageSender
  readonly #receivers: Receivers
  readonly #turns: HookTurns
  readonly #strays: Strays
  readonly #looking: Looking
  readonly #party: Party = { beat: (beat) => void this.#beat(beat) }
  #listening: { unlisten(): Promise<void> } | undefined
  #deliveries: Deliveries | undefined
  #ending: Promise<void> = Promise.resolve()
  #open = false
  #others: string | undefined
  #beats = 0

  constructor(options: ExecutorQueueOptions) {
    const { database, membership, executor, clock, logger, hooks } = options
    this.#options = options
    this.#sender = new MessageSender({ database, executor, hooks, clock })
    this.#receivers = new Receivers(database, membership.id, executor)
    this.#turns = new HookTurns(options)
    this.#strays = new Strays(options)
    this.#looking = new Looking({ clock, logger, look: () => this.#sendAll(), again: () => this.#open })
  }

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
    const { database, membership, claims, executor } = this.#options
    await membership.enter(this.#party)
    await recoverFirings(this.#options)
    await this.#receivers.release()
    await warnOfUnknown(this.#options, () => new LaneStore(database, membership.id).processes())
    if (!this.#open) return
    const deliveries = await executor.start((hook) => this.#work(hook), {
      held: (receiver) => {
        this.#receivers.add(receiver)
        // Or with the next heartbeat.
        void this.#receivers.keep().catch(() => {})
        // Messages that were held under another name come back late, or not at all.
        if (this.#deliveries !== undefined) this.look()
      },
      left: (receiver) => {
        this.#receivers.delete(receiver)
        if (this.#open) void this.#receivers.release().catch(() => {})
      },
    })
    this.#deliveries = deliveries
    if (!this.#open) return void (this.#ending = deliveries.stop())
    await membership.offer({ concurrency: executor.concurrency })
    if (!this.#open) return
    // By what queues firings without this executor: a process whose config is older, or the command line.
    this.#listening = await database.listen(
      claims.channel,
      () => this.look(),
      () => this.look(),
    )
    if (!this.#open) await this.#listening.unlisten()
  }

  stop(): void {
    if (!this.#open) return
    this.#open = false
    this.#turns.close()
    this.#looking.stop()
    void this.#listening?.unlisten().catch(() => {})
    if (this.#deliveries !== undefined) this.#ending = this.#deliveries.stop()
    this.#ending.catch(() => {})
    void this.#options.membership.drain().catch(() => {})
  }

  async leave(): Promise<void> {
    const { membership } = this.#options
    this.stop()
    await recoverFirings(this.#options, { own: true }).catch(() => {})
    // Else another process lets go what it holds, when it sees that this one is gone.
    if (await this.#hasEnded()) await this.#receivers.release().catch(() => {})
    await membership.leave(this.#party)
  }

  look(): void {
    this.#looking.ask()
  }

  async #work(hook: string): Promise<void> {
    const ran = await this.#turns.take(hook)
    // This message is done with. What it was for may have to wait, and nobody else may know of it.
    await this.#sender.send([hook], { later: !ran && this.#open })
  }

  async #sendAll(): Promise<void> {
    await this.#sender.send(await this.#options.claims.waiting({ tell: false }))
  }

  async #beat({ others }: Beat): Promise<void> {
    if (!this.#open) return
    try {
      // Again, where this process was given up meanwhile.
      await this.#receivers.keep()
      await recoverFirings(this.#options)
      await this.#strays.free(() => this.#turns.running)
      await this.#receivers.release()
      this.#beats += 1
      if (others !== this.#others || this.#beats % QUIET_BEATS === 0) this.look()
      this.#others = others
    } catch (error) {
      this.#options.logger.debug('the other processes cannot be looked at yet', { error })
    }
  }

  async #hasEnded(): Promise<boolean> {
    const patience = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), PATIENCE).unref())
    return Promise.race([
      this.#ending.then(
        () => true,
        () => false,
      ),
      patience,
    ])
  }
}
