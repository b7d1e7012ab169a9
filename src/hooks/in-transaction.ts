import type { Database, Transaction, TransactionOptions } from '../database/database.ts'
import type { StopSignal } from '../light-signal.ts'
import type { Surroundings } from './create-context.ts'
import type { Hook } from './hook.ts'

/** ms. A hook below a waiting transaction may wait for a lock of that, which will not be released. */
export const LOCK_TIMEOUT = 5_000

export interface TransactionTools {
  readonly database: Database
  /** Runs work while no level is in flight. */
  readonly exclusive: <T>(work: () => Promise<T>, signal: StopSignal) => Promise<T>
}

/** Puts an atomic hook into the transaction that it belongs to; another runs in none. */
export function inTransaction(
  hook: Hook,
  { transaction, awaited, signal }: Pick<Surroundings, 'transaction' | 'awaited' | 'signal'>,
  { database, exclusive }: TransactionTools,
  run: (transaction: Transaction | undefined) => Promise<void>,
  /** Of a transaction that is the hook's own. */
  around: Pick<TransactionOptions, 'first' | 'last'> = {},
): Promise<void> {
  if (!hook.atomic) return run(undefined)
  if (transaction !== undefined) return transaction.savepoint(run)
  const alone = (): Promise<void> => database.transaction(run, { ...around, signal })
  if (awaited) {
    // A transaction further up waits for us: waiting in turn for levels, or for its locks, would never end.
    return database.transaction(
      async (transaction) => {
        await transaction.sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT)}, true)`
        await run(transaction)
      },
      { signal, atOnce: true },
    )
  }
  return hook.blocking ? exclusive(alone, signal) : alone()
}
