import type { Database } from './database.ts'

export interface Layout {
  /** The last step of Pawl's own tables that was done; undefined: nothing is there yet. */
  readonly step: number | undefined
  /** Of the two schemas. */
  readonly missing: readonly string[]
}

/** What a database has of Pawl's own tables. */
export async function findLayout(
  { sql }: Pick<Database, 'sql'>,
  { schema, ownSchema }: Pick<Database, 'schema' | 'ownSchema'>,
): Promise<Layout> {
  // The user's, too: where it is not there, the search path ends in `public`, whose tables are not journalled.
  const [found] = await sql<{ table: boolean; schemas: string[] }[]>`
    select to_regclass(format('%I.migration', ${ownSchema}::text)) is not null as table,
      array(select nspname::text from pg_namespace where nspname in (${schema}, ${ownSchema})) as schemas`
  const missing = [schema, ownSchema].filter((name) => found?.schemas.includes(name) !== true)
  if (found?.table !== true) return { step: undefined, missing }
  const [row] = await sql<{ done: number }[]>`
    select coalesce(max(id), 0)::int as done from ${sql(ownSchema)}.migration`
  return { step: row?.done, missing }
}
