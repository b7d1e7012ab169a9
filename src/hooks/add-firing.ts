import type postgres from 'postgres'
import type { Sql } from '../database/database.ts'
import { encodeArguments } from './encode-arguments.ts'
import type { NewFiring } from './firing-store.ts'

export interface Addition {
  readonly firing: NewFiring
  /** Tells whoever runs it, as a column. */
  readonly told: postgres.Fragment
  readonly now: Date
}

/**
 * Queues a firing: not where it is there already, or one of its hook with the same key, which no reorg drops any more where this one
 * is of no level. Nor where it is the run of a job whose firing was queued before, and may have run and be forgotten: that is noted in
 * the run's row, with the firing.
 * @param own Pawl's own schema
 * @returns whether it is new
 */
export async function addFiring(
  sql: Sql,
  own: postgres.Helper<string>,
  addition: Addition,
): Promise<boolean> {
  const { key, at } = addition.firing
  for (;;) {
    if (await insert(sql, own, addition)) return true
    if (key === undefined || at !== undefined || (await keep(sql, own, addition))) return false
    // What was there has gone meanwhile.
  }
}

async function insert(
  sql: Sql,
  own: postgres.Helper<string>,
  { firing, told, now }: Addition,
): Promise<boolean> {
  const { id, hook, args, origin, at, confirmations, key, reversible, run } = firing
  const values = sql`
    ${id}, ${hook}, ${sql.json(args as never)}, ${sql.json(encodeArguments('', { ...origin }) as never)},
    ${key ?? null}, (select id from ${own}.index where name = ${at?.index ?? null}), ${at?.level ?? null}::bigint,
    ${confirmations}::int, ${reversible}::boolean, ${now}::timestamptz`
  const row = run && sql`job = ${run.job} and fire_time = ${run.fireTime}`
  const added = await sql`
    with ${row === undefined ? sql`` : sql`run as (update ${own}.job_run set queued = true where ${row} and not queued returning job),`}
    added as (
      insert into ${own}.firing (id, hook, args, origin, key, index_id, level, confirmations, reversible, due_at)
      select ${values}
      ${row === undefined ? sql`` : sql`where exists (select from run) or not exists (select from ${own}.job_run where ${row})`}
      on conflict do nothing
      returning hook)
    select ${told} from added`
  return added.length > 0
}

/**
 * The firing that is there with this key is one of no level from now on: it was asked for by somebody whom no reorg takes back.
 * @returns whether there is one
 */
async function keep(
  sql: Sql,
  own: postgres.Helper<string>,
  { firing: { id, hook, key }, told }: Addition,
): Promise<boolean> {
  const same = sql`hook = ${hook} and key = ${key ?? null}`
  // Waits for one that runs in a transaction, but only where it is of a level.
  const kept = await sql`
    with kept as (
      update ${own}.firing set level = null, index_id = null, confirmations = 0, orphaned = false
      where ${same} and (level is not null or orphaned) returning hook)
    select ${told} from kept`
  if (kept.length > 0) return true
  const rows = await sql`select from ${own}.firing where id = ${id} or ${same} limit 1`
  return rows.length > 0
}
