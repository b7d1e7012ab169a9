import type { CatalogRelation } from './journal-catalog.ts'
import { quoteBody, quoteName, quoteText } from './journal-ddl.ts'
import type { RelationKind } from './journal-kinds.ts'

/** The function that `begin_level` reads all sequences by: `{ "schema.name": [last_value, is_called] }`. */
export const createSequenceValues = (
  own: string,
  schema: string,
  catalog: readonly CatalogRelation[],
  kinds: ReadonlyMap<number, RelationKind>,
): string => {
  const values = catalog
    .filter(({ rel }) => kinds.get(rel) === 'sequence')
    .map(({ name }) => `${quoteName(schema)}.${quoteName(name)}`)
    .map((name) => `select ${quoteText(name)}, jsonb_build_array(last_value, is_called) from ${name}`)
  const body =
    values.length === 0
      ? 'begin return null; end'
      : `begin return (select jsonb_object_agg(name, value) from (${values.join(' union all ')}) as s (name, value)); end`
  return `create or replace function ${own}.sequence_values() returns jsonb language plpgsql stable as ${quoteBody(body)}`
}
