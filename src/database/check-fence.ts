import { LeaseLostError } from '../errors.ts'
import type { Sql } from './database.ts'

/** Raised by `check_fence`. */
const FENCED_OFF = 'PW001'

/**
 * Whoever takes the lease over from here on waits until this transaction has ended, or ends it.
 * @param own the quoted name of Pawl's own schema
 * @param what this process is about to do
 * @throws LeaseLostError where another process has the lease. The transaction must then be rolled back.
 */
export async function checkFence(sql: Sql, own: string, fence: bigint, what: string): Promise<void> {
  try {
    await sql`select ${sql.unsafe(own)}.check_fence(${String(fence)}::text::bigint)`
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === FENCED_OFF)) throw error
    throw new LeaseLostError(`Another process took the lease over: this one may not ${what}`, {
      cause: error,
    })
  }
}
