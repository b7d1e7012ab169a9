import type { Sql } from '../../../src/database/database.ts'

/** Every row of every table, each column as PostgreSQL sends it, in hex. Rows are sorted. */
export type Snapshot = ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>

/** What is in the tables of `public`; partitions by the table above them. */
export async function takeSnapshot(sql: Sql): Promise<Snapshot> {
  const tables = await sql<{ rel: string; columns: string[] }[]>`
    select case when relkind = 'r' then 'only ' else '' end || format('public.%I', relname) as rel,
      array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
    from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const text = (name: string): string => `'${name.replaceAll("'", "''")}'`
  const rows = await sql.unsafe<{ rel: string; row: Record<string, string> }[]>(
    `set standard_conforming_strings = on; ${tables
      .map(
        ({ rel, columns }) =>
          `select ${text(rel)} as rel, jsonb_build_object(${columns
            .map((name) => `${text(name)}, encode(record_send(row(t.${quote(name)})), 'hex')`)
            .join(', ')}) as row from ${rel} t`,
      )
      .join(' union all ')}`,
  )
  // Of several statements the results are a list each.
  const [, found] = rows as unknown as [unknown, { rel: string; row: Record<string, string> }[]]
  const snapshot = new Map(tables.map(({ rel }): [string, Record<string, string>[]] => [rel, []]))
  for (const { rel, row } of found) snapshot.get(rel)?.push(row)
  return snapshot
}

/** The first difference, in the columns that both have; a table that was not there before is empty. */
export function findDifference(
  before: Snapshot,
  after: Snapshot,
  concerns: (rel: string) => boolean,
): string | undefined {
  for (const [rel, rows] of after) {
    if (!concerns(rel)) continue
    const expected = before.get(rel) ?? []
    const [one] = expected
    const [other] = rows
    const common =
      one === undefined || other === undefined
        ? []
        : Object.keys(one).filter((name) => Object.hasOwn(other, name))
    const lines = (from: readonly Readonly<Record<string, string>>[]): string[] =>
      from.map((row) => common.map((name) => `${name}=${row[name]}`).join(' ')).toSorted()
    const [was, is] = [lines(expected), lines(rows)]
    if (was.length === is.length && was.every((line, at) => line === is[at])) continue
    const missing = was.filter((line) => !is.includes(line))
    const extra = is.filter((line) => !was.includes(line))
    return `${rel}: ${was.length} rows before, ${is.length} after; missing ${missing[0] ?? '–'}; not there before ${extra[0] ?? '–'}`
  }
  return undefined
}
