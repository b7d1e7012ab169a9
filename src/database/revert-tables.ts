import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import { shadowName, type TrackedColumn } from './journal-shadow.ts'
import type { RevertRange } from './revert-range.ts'

/** A table that a revert changes. Its first touches are in the temporary table `first`, columns named as in the shadow. */
export interface RevertTable {
  readonly rel: number
  readonly name: string
  /** For FROM and UPDATE: quoted, qualified, `only` before a table that others may inherit from. */
  readonly target: string
  readonly first: string
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

/**
 * For each table with records in the range, the first one of every key: an old row is how it was before, an insert mark
 * alone means that it was not there.
 * @throws RollbackError when records are gone because their table was altered, or another index has written the rows since.
 */
export const collectFirstTouches = async (
  sql: Sql,
  own: string,
  range: RevertRange,
): Promise<RevertTable[]> => {
  const tables: RevertTable[] = []
  for (const table of await readJournalled(sql, own)) {
    if (BigInt(table.since) >= BigInt(range.first)) {
      throw new RollbackError(
        `Index ${range.index} cannot be rolled back to level ${range.toLevel}: the type of a column or the primary key of ` +
          `table ${table.name} was changed since`,
        { hint: 'Nothing was reverted. Wipe and index again from the start.' },
      )
    }
    const shadow = `${own}.${shadowName(table.id)}`
    const found = await sql`
      select from ${sql.unsafe(shadow)} s join ${sql.unsafe(own)}.version v on v.id = s.version
      where v.index_id = ${range.indexId} and s.version >= ${range.first}::text::bigint limit 1`
    if (found.length === 0) continue
    const revert = toRevertTable(table)
    const key = revert.key.map((column) => `s.${column.shadow}`).join(', ')
    await sql.unsafe(
      `create temp table ${revert.first} on commit drop as
       select distinct on (${key}) s.* from ${shadow} s join ${own}.version v on v.id = s.version
       where v.index_id = ${range.indexId} and s.version >= ${range.first} order by ${key}, s.version, s.op = 'I'`,
    )
    await sql.unsafe(`analyze ${revert.first}`)
    await refuseConflicts(sql, own, range, revert, shadow)
    await fillAddedColumns(sql, own, range, revert, shadow)
    await sql`delete from ${sql.unsafe(shadow)} s using ${sql.unsafe(own)}.version v
      where v.id = s.version and v.index_id = ${range.indexId} and s.version >= ${range.first}::text::bigint`
    tables.push(revert)
  }
  return tables
}

export const dropFirstTouches = async (sql: Sql, tables: readonly RevertTable[]): Promise<void> => {
  for (const { first } of tables) await sql.unsafe(`drop table ${first}`)
}

const readJournalled = (sql: Sql, own: string): Promise<JournalledTable[]> => sql<JournalledTable[]>`
  select t.id, t.rel::oid::text::float8 as rel, c.relname as name, c.relkind = 'p' as partitioned, t.key, t.columns,
    t.since::text, format('%I.%I', n.nspname, c.relname) as qualified
  from ${sql.unsafe(own)}.tracked t join pg_class c on c.oid = t.rel join pg_namespace n on n.oid = c.relnamespace
  where t.kind = 'table' order by c.relname collate "C"`

const toRevertTable = (table: JournalledTable): RevertTable => ({
  rel: table.rel,
  name: table.name,
  target: table.partitioned ? table.qualified : `only ${table.qualified}`,
  into: table.qualified,
  first: `pg_temp.pawl_first_${table.id}`,
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
  shadow: string,
): Promise<void> => {
  const same = table.key.map((column) => `s.${column.shadow} = f.${column.shadow}`).join(' and ')
  const others = await sql.unsafe<{ name: string }[]>(
    `select distinct i.name from ${table.first} f
     join ${own}.version mine on mine.id = f.version
     join ${shadow} s on ${same}
     join ${own}.version other on other.id = s.version and other.index_id <> ${range.indexId}
     join ${own}.index i on i.id = other.index_id
     where other.id > mine.id or other.xid >= mine.horizon order by 1`,
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
  shadow: string,
): Promise<void> => {
  const key = table.key.map((column) => `s.${column.shadow}`).join(', ')
  const same = table.key.map((column) => `s.${column.shadow} = f.${column.shadow}`).join(' and ')
  for (const { name, shadow: column, since } of table.columns) {
    if (BigInt(since) < BigInt(range.first)) continue
    const lacking = `f.version <= ${since} and f.op = 'O'`
    const later = `${shadow} s join ${own}.version v on v.id = s.version
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
