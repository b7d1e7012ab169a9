import type postgres from 'postgres'
import type { Sql } from '../database/database.ts'
import type { FiringOrigin } from './context.ts'
import { decodeArguments } from './encode-arguments.ts'

/** A firing that waits in the queue. */
export interface QueuedFiring {
  readonly id: string
  readonly hook: string
  readonly args: Readonly<Record<string, unknown>>
  readonly origin: FiringOrigin
  /** Runs so far. */
  readonly attempts: number
  /** `onReverted` is to run, not the hook. */
  readonly reverting: boolean
  readonly dueAt: Date
  /** It is this process's, by its row. Else this process has the only slot of the hook. */
  readonly claimed: boolean
  /** It was noted that it runs when it was claimed. */
  readonly begun: boolean
  /** It is being noted that it runs; whether it may. */
  readonly beginning?: Promise<boolean> | undefined
  /** A process that died may have run it: its run is counted before it begins, also of an atomic hook. */
  readonly leftBehind: boolean
  /** Why its last run failed, as far as one did. */
  readonly error: string | null
}

/** The firings `f` of a hook that wait for anybody, and have their confirmations: from `from` on; further conditions may follow. */
export const eligibleFirings = (sql: Sql, ownSchema: string, hook: postgres.Fragment) => sql`
  ${sql(ownSchema)}.firing f left join ${sql(ownSchema)}.index i on i.id = f.index_id
  where f.hook = ${hook} and f.state = 'queued' and f.worker is null
    and (f.level is null or i.level >= f.level + f.confirmations)`

/** What `readFiring` reads. */
export const firingColumns = (sql: Sql) =>
  sql`f.id, f.hook, f.args, f.origin, f.attempts, f.reverting, f.due_at as "dueAt", f.left_behind as "leftBehind", f.error`

export function readFiring(
  row: Record<string, unknown>,
  { claimed, begun = false }: { readonly claimed: boolean; readonly begun?: boolean },
): QueuedFiring {
  return {
    ...(row as unknown as QueuedFiring),
    args: decodeArguments(row['args']),
    origin: decodeArguments(row['origin']) as unknown as FiringOrigin,
    // The run that was noted is the one to come.
    attempts: Number(row['attempts']) - (begun ? 1 : 0),
    claimed,
    begun,
  }
}
