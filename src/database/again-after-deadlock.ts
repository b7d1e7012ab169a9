const DEADLOCK = '40P01'

/** Does it once more where PostgreSQL ended it, and with it all that it had done, so that another transaction could go on. */
export async function againAfterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DEADLOCK)) throw error
    return work()
  }
}
