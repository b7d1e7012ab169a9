import type { HookConfigs } from '../config/config.ts'
import type { Hook } from './hook.ts'
import type { QueuedFiring } from './queued-firing.ts'
import { runFiring, type RunFiringOptions } from './run-firing.ts'

export interface HookTurnsOptions extends RunFiringOptions {
  readonly hooks: HookConfigs
}

/** ms that firings of one hook run for one message, at least one of them; then others have their turn. */
const TURN = 1_000

/** Runs firings of the hooks for a while: one after the other as they come, each claimed when it is its turn. */
export class HookTurns {
  readonly #options: HookTurnsOptions
  readonly #running = new Set<string>()
  #open = true

  constructor(options: HookTurnsOptions) {
    this.#options = options
  }

  /** The firings that run. */
  get running(): ReadonlySet<string> {
    return this.#running
  }

  /** Begins none any more. */
  close(): void {
    this.#open = false
  }

  /**
   * Runs what comes next of a hook.
   * @returns whether there was something
   * @throws what the database does
   */
  async take(name: string): Promise<boolean> {
    const hook = this.#options.hooks[name]
    if (hook === undefined) return false
    const end = performance.now() + TURN
    let ran = false
    for (let next = this.#next(name, hook); next !== undefined;) {
      const firing = await next
      if (firing === undefined) break
      ran = true
      next = undefined
      const goOn = (): void => {
        if (this.#open && performance.now() < end) next ??= this.#next(name, hook)
      }
      this.#running.add(firing.id)
      // The next one is claimed with the note that this one has run.
      await runFiring(firing, hook, this.#options, { ended: goOn, goesOn: () => this.#open })
      this.#running.delete(firing.id)
      goOn()
    }
    return ran
  }

  #next(name: string, hook: Hook): Promise<QueuedFiring | undefined> | undefined {
    if (!this.#open) return undefined
    const { claims, clock } = this.#options
    const next = claims.take({ name, most: hook.maxConcurrency, begin: !hook.atomic }, new Date(clock.now()))
    // It may fail before it is waited for.
    next.catch(() => {})
    return next
  }
}
