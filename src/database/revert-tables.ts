import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
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
 * @throws RollbackError when records are gone because their table was altered, or another index has written the rows since.
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
        `table ${altered.name} was changed since`,
      { hint: 'Nothing was reverted. Wipe and index again from the start.' },
    )
  }
  const touched = await findTouched(sql, own, range, tables)
  const reverts = touched.map((table) => toRevertTable(table, own))
  // Few round trips: they are most of what the revert of one level takes.
  const collected = runAll(
    sql,
    reverts.map(({ first, key, shadow }) => {
      const columns = key.map((column) => `s.${column.shadow}`).join(', ')
      return `insert into ${first}
         select distinct on (${columns}) s.* from ${shadow} s join ${own}.version v on v.id = s.version
         where v.index_id = ${range.indexId} and s.version >= ${range.first} order by ${columns}, s.version, s.op = 'I'`
    }),
  )
  const [rows, shared] = await Promise.all([collected, othersWrote(sql, own, range)])
  for (const table of reverts) {
    if (shared) await refuseConflicts(sql, own, range, table)
    await fillAddedColumns(sql, own, range, table)
  }
  return { tables: reverts, rows }
}

/** Of the tables that were reverted. Those of other reverts are not seen here, and never will be. */
export const forgetRecords = (
  sql: Sql,
  own: string,
  range: RevertRange,
  tables: readonly RevertTable[],
): Promise<number> =>
  runAll(
    sql,
    tables.flatMap(({ first, shadow }) => [
      `delete from ${shadow} s using ${own}.version v
        where v.id = s.version and v.index_id = ${range.indexId} and s.version >= ${range.first}`,
      `delete from ${first}`,
    ]),
  )

const findTouched = async (
  sql: Sql,
  own: string,
  range: RevertRange,
  tables: readonly JournalledTable[],
): Promise<JournalledTable[]> => {
  if (tables.length === 0) return []
  const found = await sql.unsafe<{ id: number }[]>(
    tables
      .map(
        // A scalar subquery is not turned into a join: from the versions to the shadow, its index of ranges would be searched once a
        // version, which took 900 ms of a revert of 100 levels.
        ({ id }) => `select ${id} as id where exists (
          select from ${own}.${shadowName(id)} s where s.version >= ${range.first}
            and (select v.index_id from ${own}.version v where v.id = s.version) = ${range.indexId})`,
      )
      .join(' union all '),
  )
  return tables.filter((table) => found.some(({ id }) => id === table.id))
}

/** Does the journal hold anything of other indexes? */
const othersWrote = async (sql: Sql, own: string, range: RevertRange): Promise<boolean> => {
  const [row] = await sql<{ shared: boolean }[]>`
    select exists (select from ${sql.unsafe(own)}.version where index_id <> ${range.indexId}) as shared`
  return row?.shared ?? false
}

/** In one round trip. @returns how many rows they wrote */
const runAll = async (sql: Sql, statements: readonly string[]): Promise<number> => {
  if (statements.length === 0) return 0
  const result: unknown = await sql.unsafe(statements.join(';\n'))
  const results = (statements.length === 1 ? [result] : result) as readonly { readonly count: number }[]
  return results.reduce((sum, { count }) => sum + count, 0)
}

const readJournalled = (sql: Sql, own: string): Promise<JournalledTable[]> => sql<JournalledTable[]>`
  select t.id, t.rel::oid::text::float8 as rel, c.relname as name, c.relkind = 'p' as partitioned, t.key, t.columns,
    t.since::text, format('%I.%I', n.nspname, c.relname) as qualified
  from ${sql.unsafe(own)}.tracked t join pg_class c on c.oid = t.rel join pg_namespace n on n.oid = c.relnamespace
  where t.kind = 'table' order by c.relname collate "C"`

const toRevertTable = (table: JournalledTable, own: string): RevertTable => ({
  rel: table.rel,
  name: table.name,
  target: table.partitioned ? table.qualified : `only ${table.qualified}`,
  into: table.qualified,
  first: `${own}.${firstTouchName(table.id)}`,
  shadow: `${own}.${shadowName(table.id)}`,
  gone: `pg_temp.pawl_gone_${table.id}`,
  key: table.columns.filter(({ name }) => table.key.includes(name)),
  columns: table.columns,
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
