/** What ends later: a test, or a script. */
export interface Scope {
  after(work: () => unknown): void
}

/** For scripts: what was to be done after it is done, the last first, whatever became of it. */
export async function withScope(work: (scope: Scope) => Promise<void>): Promise<void> {
  const cleanups: (() => unknown)[] = []
  try {
    await work({ after: (cleanup) => void cleanups.push(cleanup) })
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup()
  }
}
