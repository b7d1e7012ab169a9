import type { CountedClaims } from './counted-claims.ts'
import type { HookConfigs } from '../config/config.ts'
import { runFiring, type RunFiringOptions } from './run-firing.ts'
import { Taker } from './taker.ts'

export interface HookTurnsOptions extends RunFiringOptions {
  readonly hooks: HookConfigs
  readonly counted: CountedClaims
}

/** ms that firings of one hook run for one message, at least one of them; then others have their turn. */
const TURN = 1_000

/** Runs firings of the hooks for a while: one after the other as they come, each claimed when it is its turn. */
export class HookTurns {
  readonly #options: HookTurnsOptions
  readonly #takers: ReadonlyMap<string, Taker>
  readonly #running = new Set<string>()
  #open = true

  constructor(options: HookTurnsOptions) {
    this.#options = options
    const { hooks, counted, clock } = options
    this.#takers = new Map(
      Object.entries(hooks).map(([name, hook]) => [name, new Taker(name, hook, counted, clock)]),
    )
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
    const taker = this.#takers.get(name)
    if (hook === undefined || taker === undefined) return false
    const end = performance.now() + TURN
    let ran = false
    while (this.#open && (!ran || performance.now() < end)) {
      const firing = await taker.next()
      if (firing === undefined) break
      ran = true
      this.#running.add(firing.id)
      await runFiring(firing, hook, this.#options)
      this.#running.delete(firing.id)
    }
    return ran
  }
}
