import { LONGEST_SLEEP, type Clock } from '../clock.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { FiringClaims } from './firing-claims.ts'
import { HeadStart } from './head-start.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { Hook } from './hook.ts'

export interface LaneOptions {
  readonly name: string
  readonly hook: Hook
  readonly claims: FiringClaims
  readonly clock: Clock
  readonly logger: Logger
  /**
   * Runs it to its end, whatever that is, and notes that. Never rejects.
   * @param ended where all is well, before it is noted: then the next one may begin
   */
  readonly run: (firing: QueuedFiring, ended: () => void) => Promise<void>
  /** It uses more slots than it should have no longer. */
  readonly shed: () => void
  readonly emit: EmitPawlEvent
}

/** ms until it looks again after the database did not answer, or gave it nothing. */
const PATIENCE = 1_000
/** Firings that are read at a time. */
const AHEAD = 50
/** ms. Firings are claimed ahead for as long, and no longer: another process may have nothing to do. */
const HORIZON = 100
/** ms. Of a hook that takes as long, or longer, the note that one begins is no matter. */
const QUICK = 20

/** ms to the next firing. One that is due already another process is about to have, or to lose: that may take any time. */
const waitFor = (ms: number): number => (ms > 0 ? ms : PATIENCE)

/**
 * The durable firings of one hook, as far as this process runs them: as many at a time as it has slots. Where there is one slot in
 * all, whoever has it runs them in their order, and what waits to be tried again holds up what came after it. Where there are more,
 * firings are claimed first, and let others pass.
 */
export class Lane {
  readonly name: string
  readonly #options: LaneOptions
  readonly #running = new Set<string>()
  /** They have run, and it is being noted. */
  readonly #ended = new Set<string>()
  /** Read ahead, in order. Each is looked at again when it runs: it may be gone by then. */
  #ahead: readonly QueuedFiring[] = []
  /** Others may come before those that were read ahead: a level was confirmed, a reorg undone, one failed. */
  #stale = false
  /** One failed: it may come again before those that were read ahead, also those that have a head start. */
  #failed = false
  readonly #headStart: HeadStart
  #pumping = false
  /** Something came while it looked. */
  #again = false
  #open = false
  #timer: unknown
  /** ms that a firing takes, smoothed. */
  #duration = HORIZON
  /** That this process has. */
  #slots = 0
  /** That it should have. */
  #share = 0
  /** It has run none since it got a slot: who had that may have died of the first. */
  #fresh = false

  constructor(options: LaneOptions) {
    this.name = options.name
    this.#options = options
    this.#headStart = new HeadStart(options)
  }

  open(): void {
    this.#open = true
  }

  /** Begins nothing more, and gives back what it has not begun. */
  async close(): Promise<void> {
    this.#open = false
    this.#options.clock.clearTimeout(this.#timer)
    await this.#giveBack()
  }

  get slots(): number {
    return this.#slots
  }

  /** The firings that this process has, or may have. */
  get firings(): readonly string[] {
    return [...this.#had, ...this.#ahead.map(({ id }) => id)]
  }

  /** How many slots the process wants: its share, and those that it uses beyond. undefined: it has them. */
  wanted(share: number): number | undefined {
    this.#share = share
    // Of one slot in all, nobody else may begin before it is noted that the last one has ended.
    const used = this.#sole ? Math.min(1, this.#had.length) : this.#running.size
    const want = Math.max(this.#open ? share : 0, used)
    if (this.#excess) void this.#giveBack()
    return want === this.#slots ? undefined : want
  }

  grant(slots: number): void {
    const more = slots > this.#slots
    if (this.#slots === 0) this.#fresh = true
    this.#slots = slots
    if (more) this.wake()
  }

  /** The process was given up, and what it had is anybody's. */
  forget(): void {
    this.#slots = 0
    this.#ahead = []
    this.#headStart.forget()
  }

  /** Looks for firings that may run now. */
  wake(): void {
    this.#again = true
    if (!this.#pumping) void this.#pump()
  }

  /** As `wake`; what was read ahead may not come next any more. */
  refresh(): void {
    this.#stale = true
    this.wake()
  }

  /** One failed, and what was read ahead may not come next any more. */
  failed(): void {
    this.#failed = true
    this.refresh()
  }

  get #had(): readonly string[] {
    return [...this.#running, ...this.#ended, ...this.#headStart.ids]
  }

  /** There is one slot in all. */
  get #sole(): boolean {
    return this.#options.hook.maxConcurrency === 1
  }

  get #excess(): boolean {
    return this.#slots > this.#share
  }

  get #free(): number {
    return this.#open ? Math.min(this.#slots, this.#share) - this.#running.size : 0
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      while (this.#again && this.#open) {
        this.#again = false
        await this.#fill()
      }
    } catch (error) {
      this.#options.logger.debug('the queue of hooks cannot be read yet', { hook: this.name, error })
      this.#wakeLater(PATIENCE)
    } finally {
      this.#pumping = false
    }
  }

  async #fill(): Promise<void> {
    while (this.#free > 0) {
      if (this.#headStart.isOver || (this.#failed && this.#sole)) await this.#takeBack()
      if (this.#ahead.length === 0 || (this.#stale && this.#sole)) {
        this.#stale = false
        const begun = this.#ahead.filter((firing) => this.#headStart.has(firing))
        this.#ahead = [...begun, ...(await this.#readAhead())]
        if (this.#stale && this.#sole) continue
      }
      const [firing, ...ahead] = this.#ahead
      if (firing === undefined) return
      if (this.#free <= 0) return this.#giveBack()
      const wait = firing.dueAt.getTime() - this.#options.clock.now()
      if (wait > 0 && this.#sole) {
        this.#ahead = []
        return this.#wakeLater(wait)
      }
      this.#ahead = ahead
      this.#running.add(firing.id)
      // Of more slots, it is known which firings a process had that died.
      const leftBehind = firing.leftBehind || (this.#fresh && this.#sole)
      void this.#run({ ...firing, leftBehind, beginning: this.#headStart.take(firing) })
      this.#fresh = false
      if (this.#duration < QUICK) this.#headStart.give(this.#ahead, this.#slots)
    }
  }

  /** What has a head start waits again, behind what failed. @throws what the database does */
  async #takeBack(): Promise<void> {
    const begun = new Set(this.#headStart.ids)
    await this.#headStart.takeBack()
    this.#failed = false
    this.#ahead = this.#ahead.filter(({ id }) => !begun.has(id))
  }

  async #readAhead(): Promise<readonly QueuedFiring[]> {
    const { claims, clock } = this.#options
    if (this.#sole) return claims.next(this.name, { besides: this.#had, limit: AHEAD })
    const now = clock.now()
    const soon = Math.ceil((this.#slots * HORIZON) / this.#duration)
    const limit = Math.min(AHEAD, Math.max(this.#free, soon))
    const claimed = await claims.claim(this.name, { limit, dueBy: new Date(now) })
    if (claimed.length > 0) return claimed
    const next = await claims.nextDue(this.name)
    if (next !== undefined) this.#wakeLater(waitFor(next.getTime() - now))
    return []
  }

  async #run(firing: QueuedFiring): Promise<void> {
    const { clock, run, shed } = this.#options
    const started = clock.now()
    const free = (): void => {
      if (!this.#running.delete(firing.id)) return
      this.#duration += (Math.max(1, clock.now() - started) - this.#duration) / 8
      if (this.#excess || !this.#open) shed()
      this.wake()
    }
    await run(firing, () => {
      this.#ended.add(firing.id)
      free()
    })
    const kept = this.#ended.delete(firing.id) && this.#sole
    if (kept && (this.#excess || !this.#open)) shed()
    free()
  }

  async #giveBack(): Promise<void> {
    const { claims, logger, shed } = this.#options
    const waits = this.#ahead.filter((firing) => firing.claimed && !this.#headStart.has(firing))
    const begun = this.#headStart.ids.length > 0
    this.#ahead = []
    try {
      await Promise.all([this.#headStart.takeBack(), claims.release(waits.map(({ id }) => id))])
    } catch (error) {
      logger.debug('firings could not be given back', { hook: this.name, error })
    }
    if (begun && (this.#excess || !this.#open)) shed()
  }

  #wakeLater(wait: number): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    if (this.#open) this.#timer = clock.setTimeout(() => this.wake(), Math.min(wait, LONGEST_SLEEP))
  }
}
