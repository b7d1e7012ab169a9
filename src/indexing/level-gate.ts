import type { StopSignal } from '../light-signal.ts'

/**
 * Lets levels of all indexes run side by side, and lets other work run while no level does.
 *
 * First come, first served: work that wants to be alone waits for the levels that run, and holds those that come after
 * it. So neither side can starve the other. Not reentrant: waiting for one's own gate inside it is a deadlock.
 */
export interface LevelGate {
  /** Something waits to be alone: a long transaction of levels should come to its end. */
  readonly contended: boolean
  /** Runs `work` beside other levels. Aborted while it still waits: rejects with the reason, `work` never runs. */
  level<T>(work: () => Promise<T>, signal?: StopSignal): Promise<T>
  /** Runs `work` while no level runs, beside other such work. Aborted while it still waits: rejects with the reason, and holds nobody up any more. */
  exclusive<T>(work: () => Promise<T>, signal?: StopSignal): Promise<T>
}

export function createLevelGate(): LevelGate {
  return new FairLevelGate()
}

interface Waiting {
  readonly alone: boolean
  readonly admit: () => void
}

class FairLevelGate implements LevelGate {
  /** In order of arrival. Not empty: its first cannot be let in yet. */
  readonly #waiting: Waiting[] = []
  #levels = 0
  /** How many pieces of work run that levels wait for. */
  #alone = 0

  get contended(): boolean {
    return this.#waiting.length > 0
  }

  async level<T>(work: () => Promise<T>, signal?: StopSignal): Promise<T> {
    await this.#enter(false, signal)
    try {
      return await work()
    } finally {
      this.#levels -= 1
      this.#admit()
    }
  }

  async exclusive<T>(work: () => Promise<T>, signal?: StopSignal): Promise<T> {
    await this.#enter(true, signal)
    try {
      return await work()
    } finally {
      this.#alone -= 1
      this.#admit()
    }
  }

  #enter(alone: boolean, signal: StopSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal?.reason as Error)
        this.#admit()
      }
      const waiting: Waiting = {
        alone,
        admit: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(waiting)
      this.#admit()
    })
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (first.alone ? this.#levels > 0 : this.#alone > 0) return
      this.#waiting.shift()
      if (first.alone) this.#alone += 1
      else this.#levels += 1
      first.admit()
    }
  }
}
