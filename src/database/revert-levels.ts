import { RollbackError } from '../errors.ts'
import { checkFence } from './check-fence.ts'
import type { RevertedTable } from '../events.ts'
import type { Sql, Transaction } from './database.ts'
import { sendTogether } from './send-together.ts'
import { trackTables } from './journal.ts'
import { quoteName, runDdl } from './journal-ddl.ts'
import { checkConstraints, forgetGoneRows, keepGoneRows } from './revert-constraints.ts'
import { findRevertRange, type RevertRange } from './revert-range.ts'
import { readForeignKeys } from './revert-references.ts'
import { revertFirings, type DroppedFiring } from './revert-firings.ts'
import { revertRows } from './revert-rows.ts'
import { revertSequences } from './revert-sequences.ts'
import { collectFirstTouches, forgetRecords, type RevertTable } from './revert-tables.ts'

export interface RevertOptions {
  readonly ownSchema: string
  readonly indexId: number
  /** The last level that stays. */
  readonly toLevel: number
  /** The fencing number of the lease that this process holds. Left out: not checked. */
  readonly fence?: bigint | undefined
  /** Called with the firings that waited for levels which are gone, before the transaction commits. */
  readonly onDropped?: (firings: readonly DroppedFiring[]) => void
}

/**
 * Undoes, in this transaction, every journalled write of the index's levels above `toLevel`, and moves its cursor back: to
 * `toLevel`, or to the highest level below that a transaction of the index ended at. Rows come back exactly, users' triggers
 * do not fire, foreign keys hold at the end. Nothing to undo is no error: `[]`.
 *
 * Tables come in order of their names, without those that nothing was undone in.
 *
 * @throws RollbackError when the journal does not reach down to `toLevel`, another index has written the same rows since, or
 * rows from outside the journal stand in the way; LeaseLostError. The transaction must then be rolled back.
 */
export const revertLevels = async (
  transaction: Transaction,
  options: RevertOptions,
): Promise<RevertedTable[]> => {
  const { sql } = transaction
  const own = quoteName(options.ownSchema)
  // What does not need the answer before it is sent with it, and runs after it: a round trip is half a millisecond, and a reorg
  // of one level would be 35 of them.
  const [, range] = await sendTogether([
    options.fence === undefined ? undefined : checkFence(sql, own, options.fence, 'roll back'),
    findRevertRange(sql, own, options.indexId, options.toLevel),
    stopJournalling(sql),
  ])
  if (range === undefined) return []

  // Before any row of users': a hook that runs from the queue locks its firing first, too.
  const [dropped] = await sendTogether([
    revertFirings(sql, own, { indexId: options.indexId, toLevel: range.cursor.level }),
    forgetOnce(sql, own, range),
    trackAsBefore(transaction, options.ownSchema),
  ])
  options.onDropped?.(dropped)

  const { tables, rows } = await collectFirstTouches(sql, own, range)
  const reverted = await explainConflicts(range, () => revertTables(sql, own, tables, rows))
  await revertSequences(sql, own, range)
  await sendTogether([forgetRecords(sql, own, range, tables), forgetVersions(sql, own, range)])
  return reverted
}

const stopJournalling = async (sql: Sql): Promise<void> => {
  await sql`select set_config('pawl.version', '', true)`
}

/** What `ctx.once` ran in these levels' transactions goes with them. */
const forgetOnce = async (sql: Sql, own: string, { indexId, cursor }: RevertRange): Promise<void> => {
  await sql`
    delete from ${sql.unsafe(own)}.once
    where index_id = ${indexId} and level > coalesce(${cursor.level}::text::bigint, -1)`
}

/** Tables that were altered since the last level are put back as they are now. */
const trackAsBefore = async (transaction: Transaction, ownSchema: string): Promise<void> => {
  const { sql } = transaction
  const own = sql.unsafe(quoteName(ownSchema))
  const [row] = await sql<{ name: string; immune: string[]; altered: boolean }[]>`
    select name, immune, ${own}.drift() is not null as altered from ${own}.tracked_schema`
  if (row?.altered === true) {
    await trackTables(transaction, { schema: row.name, ownSchema, immuneTables: row.immune })
  }
}

/**
 * Fewer rows than this are each found by their key, whatever PostgreSQL guesses of tables that were not analyzed: 7,500 rows took
 * 54 and 65 ms so, 69 and 73 by hash joins; 37,500 took 224 and 228 ms, by hash joins 195 and 197.
 */
const FEW = 15_000

const revertTables = async (
  sql: Sql,
  own: string,
  tables: readonly RevertTable[],
  rows: number,
): Promise<RevertedTable[]> => {
  if (tables.length === 0) return []
  const settings = await takeOver(sql, own)
  const { suspended } = settings
  const [triggers, foreignKeys] = await sendTogether([
    findFiringTriggers(sql, tables, suspended),
    suspended ? readForeignKeys(sql, tables) : [],
  ])
  await runDdl(sql, [
    ...triggers.map(({ rel, kind, name }) => `alter table only ${rel} disable ${kind} ${name}`),
    ...keepGoneRows(tables, foreignKeys),
  ])
  if (!suspended) await sql`set constraints all deferred`

  const [, reverted] = await sendTogether([
    rows < FEW ? avoidHashJoins(sql) : undefined,
    revertRows(sql, tables, suspended),
  ])
  if (suspended) await checkConstraints(sql, tables, foreignKeys)
  else await sql`set constraints all immediate`
  await sendTogether([
    runDdl(sql, [
      ...triggers.map(({ rel, kind, name, how }) => `alter table only ${rel} enable ${how} ${kind} ${name}`),
      ...forgetGoneRows(tables, foreignKeys),
    ]),
    giveBack(sql, settings),
  ])
  return reverted
}

interface Settings {
  readonly role: string
  readonly security: string
  readonly hash: string
  readonly merge: string
  /** Neither triggers nor foreign keys act. */
  readonly suspended: boolean
}

const takeOver = async (sql: Sql, own: string): Promise<Settings> => {
  const [, [before]] = await sendTogether([
    // Deferred checks of what this transaction wrote before belong to the state before.
    sql`set constraints all immediate`,
    // Where row-level security hides rows, statements fail instead of leaving them out.
    sql<[Settings]>`
      select current_setting('session_replication_role') as role, current_setting('row_security') as security,
        current_setting('enable_hashjoin') as hash, current_setting('enable_mergejoin') as merge,
        set_config('row_security', 'off', true), ${sql.unsafe(own)}.suspend_triggers() as suspended`,
  ])
  return before
}

const giveBack = async (sql: Sql, { role, security, hash, merge, suspended }: Settings): Promise<void> => {
  await sql`
    select set_config('row_security', ${security}, true),
      set_config('enable_hashjoin', ${hash}, true), set_config('enable_mergejoin', ${merge}, true),
      case when ${suspended} then set_config('session_replication_role', ${role}, true) end`
}

/** What is left is to look each row up in an index. */
const avoidHashJoins = async (sql: Sql): Promise<void> => {
  await sql`select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)`
}

interface FiringTrigger {
  readonly rel: string
  readonly kind: 'trigger' | 'rule'
  readonly name: string
  /** As it was enabled: '', 'always', 'replica'. */
  readonly how: string
}

/**
 * Users' triggers and rules that would act on what a revert writes. Ours look at `pawl.version`. Those that partitions have from the
 * table above them are internal up to PostgreSQL 14.
 */
const findFiringTriggers = (sql: Sql, tables: readonly RevertTable[], suspended: boolean) => sql<
  FiringTrigger[]
>`
  with reverted as (
    select coalesce(p.relid, r)::oid as rel from unnest(${sql.array(
      tables.map(({ rel }) => String(rel)),
      25,
    )}::text[]::oid[]) r left join lateral pg_partition_tree(r) p on true
  ), acting as (
    select t.tgrelid as rel, 'trigger' as kind, t.tgname as name, t.tgenabled as enabled from pg_trigger t
    where (not t.tgisinternal or t.tgparentid <> 0 and t.tgconstraint = 0) and t.tgname not like 'pawl journal %'
    union all
    select r.ev_class, 'rule', r.rulename, r.ev_enabled from pg_rewrite r where r.ev_type <> '1'
  )
  select rel::regclass::text as rel, kind, quote_ident(name) as name,
    case enabled when 'A' then 'always' when 'R' then 'replica' else '' end as how
  from acting t where position(t.enabled::text in ${suspended ? 'AR' : 'OA'}) > 0 and rel in (select rel from reverted)`

/** A row from outside the journal in the way is no fault of this program: it is named as what it is. */
const explainConflicts = async <T>(range: RevertRange, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const state = sqlState(error)
    if (state === undefined || !/^(23|40002|428C9|42501)/.test(state)) throw error
    throw new RollbackError(
      `Index ${range.index} cannot be rolled back to level ${range.toLevel}: ${(error as Error).message}`,
      {
        cause: error,
        hint:
          'Rows that hooks, jobs or other programs wrote stand in the way, or this database user may not switch triggers off ' +
          '(grant set on parameter session_replication_role to it). Remove those rows, or index again from the start.',
      },
    )
  }
}

const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

const forgetVersions = async (sql: Sql, own: string, range: RevertRange): Promise<void> => {
  const { indexId, first, cursor } = range
  await sql`
    with versions as (
      delete from ${sql.unsafe(own)}.version where index_id = ${indexId} and id >= ${first}::text::bigint
    ), blocks as (
      delete from ${sql.unsafe(own)}.block
      where index_id = ${indexId} and level > coalesce(${cursor.level}::text::bigint, -1)
    )
    update ${sql.unsafe(own)}.index set level = ${cursor.level}::text::bigint, hash = ${cursor.hash} where id = ${indexId}`
}
