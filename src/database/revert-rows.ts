import { RollbackError } from '../errors.ts'
import type { RevertedTable } from '../events.ts'
import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import { sameKey, type RevertTable } from './revert-tables.ts'

/**
 * Takes away the rows that are new and puts back those that changed.
 *
 * `suspended`: neither triggers nor foreign keys act, so that everything touched goes and what was there is put back: exact
 * whatever is unique. Otherwise rows are changed in place, children removed first and put back last.
 */
export const revertRows = async (
  sql: Sql,
  tables: readonly RevertTable[],
  suspended: boolean,
): Promise<RevertedTable[]> => {
  const parentsFirst = suspended ? tables : await sortByReference(sql, tables)
  const removed = new Map<string, number>()
  const restored = new Map<string, number>()
  for (const table of parentsFirst.toReversed()) {
    const [row] = await sql.unsafe<{ removed: number }[]>(
      `with gone as (delete from ${table.target} t using ${table.first} f
         where ${sameKey(table, 't', 'f')} ${suspended ? '' : "and f.op = 'I'"} returning f.op)
       select (count(*) filter (where op = 'I'))::int as removed from gone`,
    )
    removed.set(table.name, row?.removed ?? 0)
  }
  for (const table of parentsFirst) {
    const names = table.columns.map(({ name }) => quoteName(name)).join(', ')
    const values = table.columns.map(({ shadow }) => `f.${shadow}`).join(', ')
    // In place, a row that a foreign key's action took with it above is missing here.
    const absent = suspended
      ? ''
      : `and not exists (select from ${table.target} t where ${sameKey(table, 't', 'f')})`
    await sql.unsafe(
      `insert into ${table.into} (${names}) overriding system value
       select ${values} from ${table.first} f where f.op = 'O' ${absent}`,
    )
    if (!suspended) await updateInPlace(sql, table)
    const [row] = await sql.unsafe<{ restored: number }[]>(
      `select count(*)::int as restored from ${table.first} where op = 'O'`,
    )
    restored.set(table.name, row?.restored ?? 0)
  }
  return tables
    .map(({ name }) => ({
      table: name,
      restored: restored.get(name) ?? 0,
      removed: removed.get(name) ?? 0,
    }))
    .filter((table) => table.restored + table.removed > 0)
}

const updateInPlace = async (sql: Sql, table: RevertTable): Promise<void> => {
  const key = new Set(table.key)
  const others = table.columns.filter((column) => !key.has(column))
  const settable = others.filter(({ identity }) => !identity)
  const changes = settable.map(({ name, shadow }) => `${quoteName(name)} = f.${shadow}`).join(', ')
  const where = `${sameKey(table, 't', 'f')} and f.op = 'O'`
  if (changes !== '')
    await sql.unsafe(`update ${table.target} t set ${changes} from ${table.first} f where ${where}`)
  // A row that was deleted and inserted again has a new number, which only INSERT may set.
  for (const { name, shadow } of others.filter(({ identity }) => identity)) {
    const differing = await sql.unsafe(
      `select from ${table.target} t, ${table.first} f where ${where} and t.${quoteName(name)} <> f.${shadow} limit 1`,
    )
    if (differing.length === 0) continue
    throw new RollbackError(
      `Table ${table.name}: column ${name} is always generated and cannot be put back`,
      {
        hint: 'Grant set on parameter session_replication_role to the database user, so that rows can be put back whole.',
      },
    )
  }
}

/** Referenced tables before those that reference them; circles in any order. */
const sortByReference = async (sql: Sql, tables: readonly RevertTable[]): Promise<RevertTable[]> => {
  const references = await sql<{ child: number; parent: number }[]>`
    select conrelid::text::float8 as child, confrelid::text::float8 as parent from pg_constraint
    where contype = 'f' and conparentid = 0 and conrelid <> confrelid`
  const sorted = new Set<RevertTable>()
  const visiting = new Set<RevertTable>()
  const visit = (table: RevertTable): void => {
    if (visiting.has(table)) return
    visiting.add(table)
    for (const { child, parent } of references) {
      if (child === table.rel) tables.filter(({ rel }) => rel === parent).forEach(visit)
    }
    sorted.add(table)
  }
  tables.forEach(visit)
  return [...sorted]
}
