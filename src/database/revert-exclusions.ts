import { RollbackError } from '../errors.ts'
import type { Sql } from './database.ts'
import { sameKey, type RevertTable } from './revert-tables.ts'

interface Exclusion {
  readonly rel: number
  readonly name: string
  /** What is compared: columns, or expressions of them. */
  readonly terms: readonly string[]
  /** By what, in their order. */
  readonly operators: readonly string[]
  readonly predicate: string | null
}

/**
 * Deferrable constraints that exclude rows of each other, as ranges that overlap; unique ones `without overlaps`, too. PostgreSQL does
 * not check them while triggers are suspended.
 * @throws RollbackError naming the constraint
 */
export const checkExclusions = async (sql: Sql, tables: readonly RevertTable[]): Promise<void> => {
  for (const { rel, name, terms, operators, predicate } of await readExclusions(sql, tables)) {
    const table = tables.find((other) => other.rel === rel)
    if (table === undefined) continue
    const rows = (where: string): string =>
      `select t.tableoid as part, t.ctid as place, ${terms.map((term, at) => `(${term}) as k${at}`).join(', ')}
       from ${table.target} t where (${predicate ?? 'true'}) ${where}`
    const restored = `and exists (select from ${table.first} f where ${sameKey(table, 't', 'f')} and f.op = 'O')`
    const conflict = operators.map((operator, at) => `a.k${at} ${operator} b.k${at}`).join(' and ')
    const found = await sql.unsafe(
      `select from (${rows(restored)}) a join (${rows('')}) b on ${conflict} and (a.part, a.place) <> (b.part, b.place) limit 1`,
    )
    if (found.length === 0) continue
    throw new RollbackError(
      `Table ${table.name} cannot be put back: rows from outside the journal have taken values of its constraint ${name}`,
      { hint: 'Nothing was reverted. Remove those rows, or index again from the start.' },
    )
  }
}

const readExclusions = (sql: Sql, tables: readonly RevertTable[]): Promise<Exclusion[]> => sql<Exclusion[]>`
  select k.conrelid::text::float8 as rel, k.conname as name, pg_get_expr(i.indpred, i.indrelid) as predicate,
    array(select pg_get_indexdef(k.conindid, n, false) from generate_series(1, cardinality(k.conexclop)) n order by n) as terms,
    array(select format('operator(%I.%s)', s.nspname, o.oprname) from unnest(k.conexclop) with ordinality u (oid, place)
      join pg_operator o on o.oid = u.oid join pg_namespace s on s.oid = o.oprnamespace order by u.place) as operators
  from pg_constraint k join pg_index i on i.indexrelid = k.conindid
  where k.condeferrable and cardinality(k.conexclop) > 0
    and k.conrelid = any (${sql.array(
      tables.map(({ rel }) => String(rel)),
      25,
    )}::text[]::oid[])`
