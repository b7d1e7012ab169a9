import type { Database } from '../database/database.ts'
import { takeLease } from '../database/lease.ts'
import { thisHolder } from '../database/lease-holder.ts'
import { LeaseHeldError } from '../errors.ts'

/** ms. */
const DURATION = 5_000

/**
 * Runs `work` while no other process works on the schema, and none can begin to.
 * @throws LeaseHeldError when one does
 */
export async function withLease<T>(database: Database, work: (fence: bigint) => Promise<T>): Promise<T> {
  const waiting = new AbortController()
  const lease = await takeLease(database, {
    name: 'indexer',
    holder: thisHolder(),
    duration: DURATION,
    onWaiting: (holder) =>
      waiting.abort(
        new LeaseHeldError(`${holder} works on this schema`, {
          hint: 'Stop it first. (Its name is host:process:number; one that is gone is forgotten within seconds.)',
        }),
      ),
    // Who took it over has another fence: what is written under this one fails.
    onLost: () => {},
    signal: waiting.signal,
  })
  try {
    return await work(lease.fence)
  } finally {
    await lease.release()
  }
}
