const DEADLOCK = '40P01'

/**
 * Does it again where PostgreSQL ended it, and with it all that it had done, so that another transaction could go on.
 * @param tries how often in all
 */
export async function againAfterDeadlock<T>(work: () => Promise<T>, tries = 2): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const isDeadlock = error instanceof Error && 'code' in error && error.code === DEADLOCK
      if (!isDeadlock || attempt >= tries) throw error
    }
  }
}
