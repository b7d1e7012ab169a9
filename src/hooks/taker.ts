import type { Clock } from '../clock.ts'
import type { CountedClaims } from './counted-claims.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { Hook } from './hook.ts'

interface Asking {
  readonly give: (firing: QueuedFiring | undefined) => void
  readonly refuse: (error: unknown) => void
}

/** Claims the next firings of a hook, for all of this process that ask meanwhile by one statement. */
export class Taker {
  readonly #name: string
  readonly #hook: Hook
  readonly #claims: CountedClaims
  readonly #clock: Clock
  #asking: Asking[] = []
  #taking = false

  constructor(name: string, hook: Hook, claims: CountedClaims, clock: Clock) {
    this.#name = name
    this.#hook = hook
    this.#claims = claims
    this.#clock = clock
  }

  /** The next one, claimed for this process. undefined: none may run now. @throws what the database does */
  next(): Promise<QueuedFiring | undefined> {
    return new Promise((give, refuse) => {
      this.#asking.push({ give, refuse })
      if (!this.#taking) void this.#take()
    })
  }

  async #take(): Promise<void> {
    this.#taking = true
    while (this.#asking.length > 0) {
      const asking = this.#asking
      this.#asking = []
      const limit = { hook: this.#name, most: this.#hook.maxConcurrency }
      const dueBy = new Date(this.#clock.now())
      try {
        const taken = await this.#claims.take(limit, {
          limit: asking.length,
          dueBy,
          begin: !this.#hook.atomic,
        })
        for (const [at, { give }] of asking.entries()) give(taken[at])
      } catch (error) {
        for (const { refuse } of asking) refuse(error)
      }
    }
    this.#taking = false
  }
}
