import type postgres from 'postgres'

/** For `until`: a session of this database waits for a lock. `pg_locks` by itself has those of other tests' databases, too. */
export const waitsForLock = (sql: postgres.Sql | postgres.TransactionSql) =>
  sql`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
