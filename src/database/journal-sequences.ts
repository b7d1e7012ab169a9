import type { Sql } from './database.ts'
import type { CatalogRelation } from './journal-catalog.ts'
import { quoteBody, quoteName, quoteText } from './journal-ddl.ts'
import type { RelationKind } from './journal-kinds.ts'
import type { TrackedRelation } from './read-tracked.ts'

/** The function that `begin_level` reads all sequences by: `{ "schema.name": [last_value, is_called] }`. */
export const createSequenceValues = (
  own: string,
  schema: string,
  catalog: readonly CatalogRelation[],
  kinds: ReadonlyMap<number, RelationKind>,
): string => {
  const values = catalog
    .filter(({ rel }) => kinds.get(rel) === 'sequence')
    .map(({ name }) => qualify(schema, name))
    .map((name) => `select ${quoteText(name)}, jsonb_build_array(last_value, is_called) from ${name}`)
  const body =
    values.length === 0
      ? 'begin return null; end'
      : `begin return (select jsonb_object_agg(name, value) from (${values.join(' union all ')}) as s (name, value)); end`
  return `create or replace function ${own}.sequence_values() returns jsonb language plpgsql stable as ${quoteBody(body)}`
}

/** What the journal has of sequences that were renamed is found by their new names. By names, and not by oids, it outlives a dump. */
export const followRenames = async (
  sql: Sql,
  own: string,
  schema: string,
  tracked: readonly TrackedRelation[],
  catalog: readonly CatalogRelation[],
): Promise<void> => {
  const renamed = tracked.flatMap(({ rel, kind, name }) => {
    const now = catalog.find((other) => other.rel === rel)
    if (kind !== 'sequence' || name === null || now === undefined || now.name === name) return []
    return [{ from: qualify(schema, name), to: qualify(schema, now.name) }]
  })
  if (renamed.length === 0) return
  // All at once: two may have exchanged their names.
  await sql`
    update ${sql.unsafe(own)}.version v set sequences = (
      select jsonb_object_agg(coalesce(r.to, e.key), e.value)
      from jsonb_each(v.sequences) e left join jsonb_to_recordset(${JSON.stringify(renamed)}::text::jsonb) r ("from" text, "to" text)
        on r.from = e.key)
    where v.sequences is not null`
}

const qualify = (schema: string, name: string): string => `${quoteName(schema)}.${quoteName(name)}`
