import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { sendTogether } from './send-together.ts'
import { quoteName } from './journal-ddl.ts'
import { sameKey, type RevertTable } from './revert-tables.ts'

export interface ForeignKey {
  readonly name: string
  readonly child: number
  readonly parent: number
  readonly childTarget: string
  readonly parentTarget: string
  readonly childColumns: readonly string[]
  readonly parentColumns: readonly string[]
}

/** Foreign keys of and into the tables. */
// One over a period (from 18) is not a comparison of columns; it is left to PostgreSQL, like all that cannot be asked for.
export const readForeignKeys = (sql: Sql, tables: readonly RevertTable[]): Promise<ForeignKey[]> => {
  const rels = sql.array(
    tables.map(({ rel }) => String(rel)),
    25,
  )
  const columns = (rel: string, key: string) =>
    sql.unsafe(`array(select a.attname::text from unnest(${key}) with ordinality u (number, place)
      join pg_attribute a on a.attrelid = ${rel} and a.attnum = u.number order by u.place)`)
  const target = (rel: string) =>
    sql.unsafe(
      `(select case when c.relkind = 'p' then '' else 'only ' end || ${rel}::regclass from pg_class c where c.oid = ${rel})`,
    )
  return sql<ForeignKey[]>`
    select k.conname as name, k.conrelid::text::float8 as child, k.confrelid::text::float8 as parent,
      ${target('k.conrelid')} as "childTarget", ${target('k.confrelid')} as "parentTarget",
      ${columns('k.conrelid', 'k.conkey')} as "childColumns", ${columns('k.confrelid', 'k.confkey')} as "parentColumns"
    from pg_constraint k
    where k.contype = 'f' and k.conparentid = 0 and coalesce(to_jsonb(k) ->> 'conperiod', 'false') = 'false'
      and (k.conrelid = any (${rels}::text[]::oid[]) or k.confrelid = any (${rels}::text[]::oid[]))`
}

/**
 * Of the tables that others point into, the rows that will go are kept: what no longer has its row is only known by them.
 * They are dropped by `forgetGoneRows`, or with the transaction.
 */
export const keepGoneRows = (tables: readonly RevertTable[], foreignKeys: readonly ForeignKey[]): string[] =>
  pointedInto(tables, foreignKeys).map(
    (table) => `create temp table ${table.gone} on commit drop as
       select t.* from ${table.target} t join ${table.first} f on ${sameKey(table, 't', 'f')}`,
  )

export const forgetGoneRows = (
  tables: readonly RevertTable[],
  foreignKeys: readonly ForeignKey[],
): string[] => pointedInto(tables, foreignKeys).map(({ gone }) => `drop table ${gone}`)

const pointedInto = (tables: readonly RevertTable[], foreignKeys: readonly ForeignKey[]) =>
  tables.filter(({ rel }) => foreignKeys.some(({ parent }) => parent === rel))

/**
 * Checks what PostgreSQL does not while triggers are suspended: foreign keys of and into the tables, and deferrable unique
 * constraints. All is sent together, and answered in this order.
 * @throws RollbackError naming the constraint: rows from outside the journal stand in the way.
 */
export const checkConstraints = async (
  sql: Sql,
  tables: readonly RevertTable[],
  foreignKeys: readonly ForeignKey[],
): Promise<void> => {
  const checks = foreignKeys.flatMap((key) => {
    const child = tables.find(({ rel }) => rel === key.child)
    const parent = tables.find(({ rel }) => rel === key.parent)
    return [
      ...(child === undefined ? [] : [checkRestoredChildren(sql, key, child)]),
      ...(parent === undefined ? [] : [checkGoneParents(sql, key, parent)]),
    ]
  })
  await sendTogether([...checks, checkDeferrableUnique(sql, tables)])
}

const pairs = (
  left: string,
  leftColumns: readonly string[],
  right: string,
  rightColumns: readonly string[],
) =>
  leftColumns
    .map((name, at) => `${left}.${quoteName(name)} = ${right}.${quoteName(rightColumns[at] ?? name)}`)
    .join(' and ')

const checkRestoredChildren = async (sql: Sql, key: ForeignKey, child: RevertTable): Promise<void> => {
  const restored = `${key.childTarget} c join ${child.first} f on ${sameKey(child, 'c', 'f')} and f.op = 'O'`
  const match = pairs('c', key.childColumns, 'p', key.parentColumns)
  const present = key.childColumns.map((name) => `c.${quoteName(name)} is not null`).join(' and ')
  // As PostgreSQL's own check does it, so that a parent that someone is deleting is waited for.
  const [, missing] = await sendTogether([
    sql.unsafe(
      `select from ${key.parentTarget} p where exists (select from ${restored} where ${match}) for key share of p`,
    ),
    sql.unsafe(
      `select from ${restored} where ${present} and not exists (select from ${key.parentTarget} p where ${match}) limit 1`,
    ),
  ])
  if (missing.length > 0)
    throw dangling(key, 'rows that were put back point at rows that are no longer there')
}

const checkGoneParents = async (sql: Sql, key: ForeignKey, parent: RevertTable): Promise<void> => {
  const missing = await sql.unsafe(
    `select from ${parent.gone} g join ${key.childTarget} c on ${pairs('c', key.childColumns, 'g', key.parentColumns)}
     where not exists (select from ${key.parentTarget} p where ${pairs('p', key.parentColumns, 'g', key.parentColumns)}) limit 1`,
  )
  if (missing.length > 0) throw dangling(key, 'rows from outside the journal point at rows that have to go')
}

const checkDeferrableUnique = async (sql: Sql, tables: readonly RevertTable[]): Promise<void> => {
  const rels = sql.array(
    tables.map(({ rel }) => String(rel)),
    25,
  )
  const constraints = await sql<{ rel: number; name: string; columns: string[] }[]>`
    select k.conrelid::text::float8 as rel, k.conname as name, array(select a.attname::text from pg_attribute a
      where a.attrelid = k.conrelid and a.attnum = any (k.conkey)) as columns
    from pg_constraint k where k.contype in ('u', 'p') and k.condeferrable and k.conrelid = any (${rels}::text[]::oid[])`
  for (const { rel, name, columns } of constraints) {
    const table = tables.find((other) => other.rel === rel)
    if (table === undefined) continue
    const twice = await sql.unsafe(
      `select from ${table.target} t join ${table.first} f on ${sameKey(table, 't', 'f')} and f.op = 'O'
       where (select count(*) from ${table.target} o where ${pairs('o', columns, 't', columns)}) > 1 limit 1`,
    )
    if (twice.length > 0) {
      throw new RollbackError(
        `Table ${table.name} cannot be put back: rows from outside the journal have taken values of its constraint ${name}`,
        { hint: 'Nothing was reverted. Remove those rows, or index again from the start.' },
      )
    }
  }
}

const dangling = (key: ForeignKey, what: string): RollbackError =>
  new RollbackError(
    `Foreign key ${key.name} of ${key.childTarget.replace(/^only /, '')} into ${key.parentTarget.replace(/^only /, '')} would not hold: ${what}`,
    { hint: 'Nothing was reverted. Remove those rows, or index again from the start.' },
  )
