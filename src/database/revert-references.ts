import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import type { RevertTable } from './revert-tables.ts'

export interface ForeignKey {
  readonly name: string
  readonly child: number
  readonly parent: number
  readonly childTarget: string
  readonly parentTarget: string
  readonly childColumns: readonly string[]
  readonly parentColumns: readonly string[]
  /** Its last columns are of time, from PostgreSQL 18 on: the parents' together have to cover the child's. */
  readonly period: boolean
}

/** Foreign keys of and into the tables. */
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
      ${columns('k.conrelid', 'k.conkey')} as "childColumns", ${columns('k.confrelid', 'k.confkey')} as "parentColumns",
      coalesce(to_jsonb(k) ->> 'conperiod', 'false')::boolean as period
    from pg_constraint k
    where k.contype = 'f' and k.conparentid = 0
      and (k.conrelid = any (${rels}::text[]::oid[]) or k.confrelid = any (${rels}::text[]::oid[]))`
}

export const equalColumns = (
  left: string,
  leftColumns: readonly string[],
  right: string,
  rightColumns: readonly string[],
) =>
  leftColumns
    .map((name, at) => `${left}.${quoteName(name)} = ${right}.${quoteName(rightColumns[at] ?? name)}`)
    .join(' and ')

/** Rows that a child's row points at: where it is of a period, at those that are in a part of it. */
export const pointsAt = (key: ForeignKey, child: string, parent: string): string => {
  const { childColumns, parentColumns, period } = key
  if (!period) return equalColumns(child, childColumns, parent, parentColumns)
  const [from, to] = lastOf(key)
  const others = equalColumns(child, childColumns.slice(0, -1), parent, parentColumns.slice(0, -1))
  return [others, `${child}.${from} && ${parent}.${to}`].filter(Boolean).join(' and ')
}

/** That what a child's row points at is there. */
export const isThere = (key: ForeignKey, child: string): string => {
  const from = `from ${key.parentTarget} p where ${pointsAt(key, child, 'p')}`
  if (!key.period) return `exists (select ${from})`
  const [period, parents] = lastOf(key)
  return `coalesce(${child}.${period} <@ (select range_agg(p.${parents}) ${from}), false)`
}

const lastOf = ({ childColumns, parentColumns }: ForeignKey) =>
  [quoteName(childColumns.at(-1) ?? ''), quoteName(parentColumns.at(-1) ?? '')] as const
