type Answers<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> }

/**
 * Waits for statements of one transaction that were sent together, in the order that they are given in. Resolves with all answers.
 *
 * Not `Promise.all`: PostgreSQL refuses what comes after a statement that failed (25P02), in the same moment, and whichever of the
 * promises is shorter would be told. Whether to try again is decided by the first failure.
 * @throws what the first one that failed did, when all have ended
 */
export async function sendTogether<const T extends readonly unknown[]>(statements: T): Promise<Answers<T>> {
  const ends = await Promise.allSettled(statements)
  const failed = ends.find((end): end is PromiseRejectedResult => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return ends.map((end) => (end.status === 'fulfilled' ? end.value : undefined)) as Answers<T>
}
