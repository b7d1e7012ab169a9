import type { Database, Transaction } from '../database/database.ts'

/** Of all schemas in all databases of a server; the number is arbitrary. */
const LOCK = 7_238_006

/**
 * Until this transaction ends, it alone makes or wipes the database: one process after the other, and none while another tells
 * `on_synchronized` of what would be gone.
 * @param onWaiting another process has it
 */
export async function lockMaking(
  { sql }: Transaction,
  { ownSchema, onWaiting }: { readonly ownSchema: string; readonly onWaiting: () => void },
): Promise<void> {
  const [free] = await sql<{ taken: boolean }[]>`
    select pg_try_advisory_xact_lock(${LOCK}, hashtext(${ownSchema})) as taken`
  if (free?.taken === true) return
  onWaiting()
  await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${ownSchema}))`
}

/** Waits until nobody makes or wipes the database, and nobody does while this work runs. */
export async function whileMade<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const session = await database.openSession()
  try {
    await session.sql`select pg_advisory_lock_shared(${LOCK}, hashtext(${database.ownSchema}))`
    return await work()
  } finally {
    // Its end gives the lock back.
    session.end()
  }
}
