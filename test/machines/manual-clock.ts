/** A clock for a machine's `after` timers that only moves when it is told to. Synchronous, as the machines are. */
export class ManualClock {
  #now = 0
  #timers: { readonly at: number; readonly run: () => void }[] = []

  setTimeout(run: () => void, delay: number): unknown {
    const timer = { at: this.#now + delay, run }
    this.#timers.push(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
  }

  advance(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter(({ at }) => at <= this.#now)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    for (const { run } of due.toSorted((a, b) => a.at - b.at)) run()
  }
}
