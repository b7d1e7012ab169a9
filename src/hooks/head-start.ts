import type { Clock } from '../clock.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { FiringClaims } from './firing-claims.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { Hook } from './hook.ts'
import { tellDropped } from './recover-firings.ts'

export interface HeadStartOptions {
  readonly hook: Hook
  readonly claims: FiringClaims
  readonly clock: Clock
  readonly emit: EmitPawlEvent
}

interface Begun {
  readonly beginning: Promise<boolean>
  readonly at: number
}

/** ms. Who waits longer is taken back: nobody else can run it, and a reorg takes it for one that runs. */
const LONGEST = 1_000

/**
 * Firings that run next, noted as begun while the ones before them run: so the note, which takes as long as many a callback, holds up
 * nobody. Where the process dies, one of them has been counted as run and was not. So it is given to those only that have never run,
 * and that may run again.
 */
export class HeadStart {
  readonly #options: HeadStartOptions
  readonly #begun = new Map<string, Begun>()
  #takingBack: Promise<void> | undefined

  constructor(options: HeadStartOptions) {
    this.#options = options
  }

  get ids(): readonly string[] {
    return [...this.#begun.keys()]
  }

  /** Somebody waits for too long. */
  get isOver(): boolean {
    const now = this.#options.clock.now()
    return [...this.#begun.values()].some(({ at }) => now - at > LONGEST)
  }

  has({ id }: QueuedFiring): boolean {
    return this.#begun.has(id)
  }

  /** Of those that come next, in their order, to as many as may be ready at a time. */
  give(next: readonly QueuedFiring[], most: number): void {
    const { claims, clock } = this.#options
    for (const firing of next.slice(0, most)) {
      if (this.has(firing)) continue
      if (!this.#mayHave(firing)) return
      const beginning = claims.begin(firing)
      // Told where it is taken.
      beginning.catch(() => {})
      this.#begun.set(firing.id, { beginning, at: clock.now() })
    }
  }

  /** It runs now. @returns whether it may; undefined: it has none */
  take({ id }: QueuedFiring): Promise<boolean> | undefined {
    const beginning = this.#begun.get(id)?.beginning
    this.#begun.delete(id)
    return beginning
  }

  /**
   * None of them has begun, and each is anybody's again. Where it rejects, they are still this process's.
   * @throws what the database does
   */
  takeBack(): Promise<void> {
    // One at a time: the second would take back what has begun since the first.
    this.#takingBack ??= this.#takeBack().finally(() => (this.#takingBack = undefined))
    return this.#takingBack
  }

  /** The process was given up, and what it had is anybody's. */
  forget(): void {
    this.#begun.clear()
  }

  async #takeBack(): Promise<void> {
    const begun = [...this.#begun]
    if (begun.length === 0) return
    await Promise.allSettled(begun.map(([, { beginning }]) => beginning))
    const { claims, emit } = this.#options
    const ids = begun.map(([id]) => id)
    tellDropped(await claims.left.unbegin(ids), emit)
    for (const id of ids) this.#begun.delete(id)
  }

  #mayHave({ attempts, error, leftBehind, dueAt }: QueuedFiring): boolean {
    const { hook, clock } = this.#options
    const isNew = attempts === 0 && error === null && !leftBehind
    return isNew && !hook.atomic && hook.retry.attempts > 1 && dueAt.getTime() <= clock.now()
  }
}
