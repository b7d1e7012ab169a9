/** Time, injected: everything in Pawl that waits or asks for the time does it through this. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /** Calls `run` once after `delay` ms; what it returns is for `clearTimeout` only. */
  setTimeout(run: () => void, delay: number): unknown
  clearTimeout(timer: unknown): void
}

/**
 * The longest wait for a time of day, in ms. Timers count elapsed time and due times are wall time: a clock that is set forward (or
 * a laptop that slept) is noticed at the next wake-up, so this is how late a fire time can then be – a minute, as with cron.
 * Far below 2^31 ms, beyond which Node's timers run at once: who waits for a month would not wait at all.
 */
export const LONGEST_SLEEP = 60_000

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (run, delay) => setTimeout(run, delay),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
}
