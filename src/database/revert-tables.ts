import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { sendTogether } from './send-together.ts'
import { quoteName } from './journal-ddl.ts'
import { firstTouchName, shadowName, type TrackedColumn } from './journal-shadow.ts'
import type { RevertRange } from './revert-range.ts'

/** A table that a revert changes. Its first touches are in `first`, columns named as in the shadow. */
export interface RevertTable {
  readonly rel: number
  readonly name: string
  /** For FROM and UPDATE: quoted, qualified, `only` before a table that others may inherit from. */
  readonly target: string
  readonly first: string
  /** Its records. */
  readonly shadow: string
  /** For INSERT INTO. */
  readonly into: string
  /** The table's row before it is reverted, kept for the check of foreign keys. */
  readonly gone: string
  readonly key: readonly TrackedColumn[]
  readonly columns: readonly TrackedColumn[]
  /** Has columns that were added in the range: the first touches of before are filled from later records. */
  readonly widened: boolean
}

/** `t.key = f.key and …`, for a table and its first touches. */
export const sameKey = (table: RevertTable, row: string, first: string): string =>
  table.key.map(({ name, shadow }) => `${row}.${quoteName(name)} = ${first}.${shadow}`).join(' and ')

interface JournalledTable {
  readonly id: number
  readonly rel: number
  readonly name: string
  readonly qualified: string
  readonly partitioned: boolean
  readonly key: readonly string[]
  readonly columns: readonly TrackedColumn[]
  readonly since: string
}

export interface FirstTouches {
  readonly tables: readonly RevertTable[]
  /** How many, of all tables. */
  readonly rows: number
}

/**
 * For each table with records in the range, the first one of every key: an old row is how it was before, an insert mark
 * alone means that it was not there.
 * @throws RollbackError when records are gone or missing because their table was altered or exchanged, or another index has written the rows since.
 */
export const collectFirstTouches = async (
  sql: Sql,
  own: string,
  range: RevertRange,
): Promise<FirstTouches> => {
  const tables = await readJournalled(sql, own)
  const altered = tables.find(({ since }) => BigInt(since) >= BigInt(range.first))
  if (altered !== undefined) {
    throw new RollbackError(
      `Index ${range.index} cannot be rolled back to level ${range.toLevel}: the type of a column or the primary key of ` +
        `table ${altered.name} was changed since, or it is another table than then, or was not journalled`,
      { hint: 'Nothing was reverted. Wipe and index again from the start.' },
    )
  }
  const all = tables.map((table) => toRevertTable(table, own, range))
  const [counts, shared] = await sendTogether([
    takeRecords(sql, own, range, all),
    othersWrote(sql, own, range),
  ])
  const touched = all.filter((_, at) => (counts[at] ?? 0) > 0)
  for (const table of touched) {
    if (shared) await refuseConflicts(sql, own, range, table)
    if (table.widened) await fillAddedColumns(sql, own, range, table)
  }
  return { tables: touched, rows: counts.reduce((sum, count) => sum + count, 0) }
}

/**
 * In one pass over the records, and one round trip. Never by a nested loop, which would search the records' index of ranges once
 * a version: 900 ms of a revert of 100 levels.
 * @returns how many first touches each table has
 */
const takeRecords = async (
  sql: Sql,
  own: string,
  range: RevertRange,
  tables: readonly RevertTable[],
): Promise<readonly number[]> => {
  if (tables.length === 0) return []
  const statements = tables.map(({ first, key, shadow, widened }) => {
    const columns = key.map((column) => `s.${column.shadow}`).join(', ')
    const mine = `v.id = s.version and v.index_id = ${range.indexId} and v.id >= ${range.first} and s.version >= ${range.first}`
    const records = widened
      ? `select s.* from ${shadow} s, ${own}.version v where ${mine}`
      : `delete from ${shadow} s using ${own}.version v where ${mine} returning s.*`
    // Counted by a SELECT: of several statements, postgres.js gives only the answers that have rows.
    return `with s as (${records}), first as (
        insert into ${first} select distinct on (${columns}) s.* from s order by ${columns}, s.version, s.op = 'I' returning 1
      ) select count(*)::int as taken from first`
  })
  const results = (await sql.unsafe(
    [
      `select set_config('pawl.nestloop', current_setting('enable_nestloop'), true), set_config('enable_nestloop', 'off', true)`,
      ...statements,
      `select set_config('enable_nestloop', current_setting('pawl.nestloop'), true)`,
    ].join(';\n'),
  )) as unknown as readonly (readonly { readonly taken?: number }[])[]
  return results.slice(1, -1).map(([row]) => row?.taken ?? 0)
}

/** Of the tables that were reverted. Those of other reverts are not seen here, and never will be. */
export const forgetRecords = async (
  sql: Sql,
  own: string,
  range: RevertRange,
  tables: readonly RevertTable[],
): Promise<void> => {
  const records = tables
    .filter(({ widened }) => widened)
    .map(
      ({ shadow }) => `delete from ${shadow} s using ${own}.version v
        where v.id = s.version and v.index_id = ${range.indexId} and s.version >= ${range.first}`,
    )
  const statements = [...records, ...tables.map(({ first }) => `delete from ${first}`)]
  if (statements.length > 0) await sql.unsafe(statements.join(';\n'))
}

/** Does the journal hold anything of other indexes? */
const othersWrote = async (sql: Sql, own: string, range: RevertRange): Promise<boolean> => {
  const [row] = await sql<{ shared: boolean }[]>`
    select exists (select from ${sql.unsafe(own)}.version where index_id <> ${range.indexId}) as shared`
  return row?.shared ?? false
}

const readJournalled = (sql: Sql, own: string): Promise<JournalledTable[]> => sql<JournalledTable[]>`
  select t.id, t.rel::oid::text::float8 as rel, c.relname as name, c.relkind = 'p' as partitioned, t.key, t.columns,
    t.since::text, format('%I.%I', n.nspname, c.relname) as qualified
  from ${sql.unsafe(own)}.tracked t join pg_class c on c.oid = t.rel join pg_namespace n on n.oid = c.relnamespace
  where t.kind = 'table' order by c.relname collate "C"`

const toRevertTable = (table: JournalledTable, own: string, range: RevertRange): RevertTable => ({
  rel: table.rel,
  name: table.name,
  target: table.partitioned ? table.qualified : `only ${table.qualified}`,
  into: table.qualified,
  first: `${own}.${firstTouchName(table.id)}`,
  shadow: `${own}.${shadowName(table.id)}`,
  gone: `pg_temp.pawl_gone_${table.id}`,
  key: table.columns.filter(({ name }) => table.key.includes(name)),
  columns: table.columns,
  widened: table.columns.some(({ since }) => BigInt(since) >= BigInt(range.first)),
})

/**
 * Another index wrote a row after this one did: undoing this one's write would undo the other's. Only a transaction that
 * had ended before ours began was surely earlier.
 */
const refuseConflicts = async (
  sql: Sql,
  own: string,
  range: RevertRange,
  table: RevertTable,
): Promise<void> => {
  const same = table.key.map((column) => `s.${column.shadow} = f.${column.shadow}`).join(' and ')
  const others = await sql.unsafe<{ name: string }[]>(
    `select distinct i.name from ${table.first} f
     join ${own}.version mine on mine.id = f.version
     join ${table.shadow} s on ${same}
     join ${own}.version other on other.id = s.version and other.index_id <> ${range.indexId}
     join ${own}.index i on i.id = other.index_id
     where not pg_visible_in_snapshot(other.xid, mine.snapshot) order by 1`,
  )
  if (others.length === 0) return
  const names = others.map(({ name }) => name).join(', ')
  throw new RollbackError(
    `Index ${range.index} cannot be rolled back to level ${range.toLevel}: rows of table ${table.name} that it wrote above ` +
      `that level were also written by ${names}, whose writes would be undone`,
    { hint: 'Let each index write rows of its own. Wipe and index again from the start.' },
  )
}

/**
 * Columns that were added after a first touch was made: as the first record knows it that has the column; where none does,
 * as in the row that is still there; else it stays as the column's default.
 */
const fillAddedColumns = async (
  sql: Sql,
  own: string,
  range: RevertRange,
  table: RevertTable,
): Promise<void> => {
  const key = table.key.map((column) => `s.${column.shadow}`).join(', ')
  const same = table.key.map((column) => `s.${column.shadow} = f.${column.shadow}`).join(' and ')
  for (const { name, shadow: column, since } of table.columns) {
    if (BigInt(since) < BigInt(range.first)) continue
    const lacking = `f.version <= ${since} and f.op = 'O'`
    const later = `${table.shadow} s join ${own}.version v on v.id = s.version
      where v.index_id = ${range.indexId} and s.version > ${since}`
    await sql.unsafe(
      `update ${table.first} f set ${column} = t.${quoteName(name)} from ${table.target} t
       where ${sameKey(table, 't', 'f')} and ${lacking} and not exists (select from ${later} and ${same})`,
    )
    await sql.unsafe(
      `update ${table.first} f set ${column} = s.${column}
       from (select distinct on (${key}) s.* from ${later} order by ${key}, s.version, s.op = 'I') s
       where ${same} and ${lacking} and s.op = 'O'`,
    )
  }
}
