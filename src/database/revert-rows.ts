import { RollbackError } from '../errors.ts'
import type { RevertedTable } from '../events.ts'
import type { Sql } from './database.ts'
import { sendTogether } from './send-together.ts'
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
  const reverted = await (suspended ? exchangeRows(sql, tables) : changeInPlace(sql, tables))
  return reverted.filter(({ restored, changed, removed }) => restored + changed + removed > 0)
}

interface Gone {
  readonly removed: number
  readonly changed: number
}

/** All in one round trip: they are sent together, and run in this order. */
const exchangeRows = async (sql: Sql, tables: readonly RevertTable[]): Promise<RevertedTable[]> => {
  const [gone, put] = await sendTogether([
    sendTogether(tables.map((table) => removeRows(sql, table))),
    sendTogether(tables.map((table) => putBack(sql, table))),
  ])
  return tables.map(({ name }, at) => {
    const { removed = 0, changed = 0 } = gone[at] ?? {}
    return { table: name, restored: (put[at] ?? 0) - changed, changed, removed }
  })
}

const changeInPlace = async (sql: Sql, tables: readonly RevertTable[]): Promise<RevertedTable[]> => {
  const parentsFirst = await sortByReference(sql, tables)
  const present = await countPresent(sql, tables)
  const gone = new Map<RevertTable, Gone>()
  for (const table of parentsFirst.toReversed())
    gone.set(table, await removeRows(sql, table, "and f.op = 'I'"))
  const reverted = new Map<RevertTable, RevertedTable>()
  for (const table of parentsFirst) {
    // A row that a foreign key's action took with it above is missing here.
    await putBack(
      sql,
      table,
      `and not exists (select from ${table.target} t where ${sameKey(table, 't', 'f')})`,
    )
    await updateInPlace(sql, table)
    const changed = present.get(table) ?? 0
    const restored = (await countOld(sql, table)) - changed
    reverted.set(table, { table: table.name, restored, changed, removed: gone.get(table)?.removed ?? 0 })
  }
  return tables.flatMap((table) => reverted.get(table) ?? [])
}

const removeRows = async (sql: Sql, table: RevertTable, only = ''): Promise<Gone> => {
  const [row] = await sql.unsafe<Gone[]>(
    `with gone as (delete from ${table.target} t using ${table.first} f
       where ${sameKey(table, 't', 'f')} ${only} returning f.op)
     select (count(*) filter (where op = 'I'))::int as removed, (count(*) filter (where op = 'O'))::int as changed from gone`,
  )
  return row ?? { removed: 0, changed: 0 }
}

/** @returns how many */
const putBack = async (sql: Sql, table: RevertTable, only = ''): Promise<number> => {
  const names = table.columns.map(({ name }) => quoteName(name)).join(', ')
  const values = table.columns.map(({ shadow }) => `f.${shadow}`).join(', ')
  const { count } = await sql.unsafe(
    `insert into ${table.into} (${names}) overriding system value
     select ${values} from ${table.first} f where f.op = 'O' ${only}`,
  )
  return count
}

const countOld = async (sql: Sql, { first }: RevertTable): Promise<number> => {
  const [row] = await sql.unsafe<{ old: number }[]>(
    `select count(*)::int as old from ${first} where op = 'O'`,
  )
  return row?.old ?? 0
}

/** Of the old rows, those whose key is there: counted before a foreign key's action takes any of them with it. */
const countPresent = async (
  sql: Sql,
  tables: readonly RevertTable[],
): Promise<ReadonlyMap<RevertTable, number>> => {
  const counts = new Map<RevertTable, number>()
  for (const table of tables) {
    const [row] = await sql.unsafe<{ present: number }[]>(
      `select count(*)::int as present from ${table.target} t join ${table.first} f on ${sameKey(table, 't', 'f')}
       where f.op = 'O'`,
    )
    counts.set(table, row?.present ?? 0)
  }
  return counts
}

const updateInPlace = async (sql: Sql, table: RevertTable): Promise<void> => {
  const key = new Set(table.key)
  const others = table.columns.filter((column) => !key.has(column))
  // The key, too: 1.0 and 1.00 are the same one.
  const settable = table.columns.filter(({ identity }) => !identity)
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
