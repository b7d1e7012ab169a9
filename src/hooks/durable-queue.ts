/** Runs the durable firings of a process. */
export interface DurableQueue {
  /** Begins to run what waits, and what is told of from now on. @throws what the database does */
  start(): Promise<void>
  /** Looks for firings that may run now, here or in another process: an index came further, or a reorg was undone. */
  look(): void
  /** Begins nothing any more; what runs goes on. Idempotent. */
  stop(): void
  /** After all that ran has ended, or was cut off: nothing is this process's any more. Idempotent. */
  leave(): Promise<void>
}
