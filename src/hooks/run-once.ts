import type { Database, Sql, Transaction } from '../database/database.ts'
import { CallbackTypeError } from '../errors.ts'
import type { Surroundings } from './create-context.ts'
import { LOCK_TIMEOUT } from './in-transaction.ts'
import { keyProblem } from './key-problem.ts'

export type OnceWork = (sql: Sql) => Promise<unknown> | void

/**
 * Runs `work` where this key has not run on this database. The key and what `work` writes by its `sql` are one transaction: that
 * of the callback or of the `sql.begin(…)` around the call, or one of their own. Others with the same key wait for it.
 * @returns whether it ran
 * @throws CallbackTypeError for a key that is none; what `work` throws, and then it has not run
 */
export async function runOnce(
  { key, work }: { readonly key: string; readonly work: OnceWork },
  {
    name,
    transaction,
    awaited,
    signal,
    level,
  }: Pick<Surroundings, 'name' | 'transaction' | 'awaited' | 'signal' | 'level'>,
  database: Database,
): Promise<boolean> {
  const problem = keyProblem(key)
  if (problem !== undefined) throw new CallbackTypeError(`${name}: the key of ctx.once: ${problem}`)
  const own = database.sql(database.ownSchema)
  const run = async ({ sql }: Transaction): Promise<boolean> => {
    const claimed = await sql`
      insert into ${own}.once (key, index_id, level)
      values (${key}, (select id from ${own}.index where name = ${level?.index ?? null}), ${level?.level ?? null})
      on conflict do nothing returning key`
    if (claimed.length === 0) return false
    await work(sql)
    return true
  }
  if (transaction !== undefined) return transaction.savepoint(run)
  return database.transaction(
    async (alone) => {
      // What warms a cache may take its time; without its process the session ends anyway.
      await alone.sql`select set_config('idle_in_transaction_session_timeout', '0', true)`
      if (awaited) await alone.sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT)}, true)`
      return run(alone)
    },
    { signal, atOnce: awaited },
  )
}
