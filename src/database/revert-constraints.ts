import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import { checkExclusions } from './revert-exclusions.ts'
import { equalColumns, isThere, pointsAt, type ForeignKey } from './revert-references.ts'
import { sendTogether } from './send-together.ts'
import { sameKey, type RevertTable } from './revert-tables.ts'

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
 * and exclusion constraints. All is sent together, and answered in this order.
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
  await sendTogether([...checks, checkDeferrableUnique(sql, tables), checkExclusions(sql, tables)])
}

const checkRestoredChildren = async (sql: Sql, key: ForeignKey, child: RevertTable): Promise<void> => {
  const restored = `${key.childTarget} c join ${child.first} f on ${sameKey(child, 'c', 'f')} and f.op = 'O'`
  const match = pointsAt(key, 'c', 'p')
  const present = key.childColumns.map((name) => `c.${quoteName(name)} is not null`).join(' and ')
  // As PostgreSQL's own check does it, so that a parent that someone is deleting is waited for.
  const [, missing] = await sendTogether([
    sql.unsafe(
      `select from ${key.parentTarget} p where exists (select from ${restored} where ${match}) for key share of p`,
    ),
    sql.unsafe(`select from ${restored} where ${present} and not ${isThere(key, 'c')} limit 1`),
  ])
  if (missing.length > 0)
    throw dangling(key, 'rows that were put back point at rows that are no longer there')
}

const checkGoneParents = async (sql: Sql, key: ForeignKey, parent: RevertTable): Promise<void> => {
  const missing = await sql.unsafe(
    `select from ${parent.gone} g join ${key.childTarget} c on ${pointsAt(key, 'c', 'g')}
     where not ${isThere(key, 'c')} limit 1`,
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
    from pg_constraint k where k.contype in ('u', 'p') and k.condeferrable and k.conexclop is null and k.conrelid = any (${rels}::text[]::oid[])`
  for (const { rel, name, columns } of constraints) {
    const table = tables.find((other) => other.rel === rel)
    if (table === undefined) continue
    const twice = await sql.unsafe(
      `select from ${table.target} t join ${table.first} f on ${sameKey(table, 't', 'f')} and f.op = 'O'
       where (select count(*) from ${table.target} o where ${equalColumns('o', columns, 't', columns)}) > 1 limit 1`,
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
