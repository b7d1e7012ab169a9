import type { BackendIdentity } from './database.ts'
import type { Session } from './session.ts'
import type { Answer } from './session-transaction.ts'

/** Handlers may call slow services inside a transaction, but a process that hangs must not hold its locks for ever. */
const IDLE_IN_TRANSACTION = '60s'

/**
 * Whatever is set for the database or its user: by another level an update that meets another fails, and postgres.js would take what it
 * reads for other bytes and another day. The order of day and month stays.
 */
const SETTINGS = `
  select set_config('default_transaction_isolation', 'read committed', false), set_config('bytea_output', 'hex', false),
    set_config('datestyle', 'iso', false)`

interface Prepared {
  /** Undefined behind a connection pooler. */
  readonly identity: BackendIdentity | undefined
  /** Outside of transactions it is read-only. */
  readonly writesInTransactions: boolean
}

/**
 * What a session is told first. None of it is a startup parameter: connection poolers refuse those that they do not know.
 * @param how `transactions`: it is for those; `settings`: more of them, for a pooler
 * @throws what the database does, or what the session ended with
 */
export async function prepareSession(
  session: Pick<Session, 'run' | 'orEnded' | 'raw' | 'lost'>,
  how: { readonly transactions: boolean; readonly settings: Readonly<Record<string, string>> },
): Promise<Prepared> {
  const identity = identityOf(
    await session.run(`
      select pid, extract(epoch from backend_start)::text as started,
        case when current_setting('idle_in_transaction_session_timeout') = '0'
          then set_config('idle_in_transaction_session_timeout', '${IDLE_IN_TRANSACTION}', false) end
      from pg_stat_get_activity(pg_backend_pid())`),
  )
  // Not through a pooler: it would hold for whoever has the backend next.
  const writesInTransactions = how.transactions && identity !== undefined
  await Promise.all([
    // A server that can (not every platform does) notices within a second that we are gone, and rolls back instead of finishing.
    session.run(`select set_config('client_connection_check_interval', '1s', false)`).catch((error) => {
      if (session.lost !== undefined) throw error
    }),
    session.run(SETTINGS),
    ...Object.entries(how.settings).map(([name, value]) =>
      session.orEnded(session.raw`select set_config(${name}, ${value}, false)`),
    ),
    writesInTransactions
      ? session.run(`select set_config('default_transaction_read_only', 'on', false)`)
      : undefined,
  ])
  return { identity, writesInTransactions }
}

/** A pooler greets with a number of its own. */
function identityOf(rows: Answer): BackendIdentity | undefined {
  const { pid, started } = (rows[0] ?? {}) as Partial<BackendIdentity>
  if (pid === undefined || started === undefined || rows.state.pid !== pid) return undefined
  return { pid, started }
}
