import type { CatalogRelation } from './journal-catalog.ts'

/** How the journal treats a relation: a partition is covered by its root. */
export type RelationKind = 'table' | 'partition' | 'immune' | 'sequence'

export const kindsOf = (
  catalog: readonly CatalogRelation[],
  immune: readonly string[],
): ReadonlyMap<number, RelationKind> =>
  new Map(catalog.map((relation) => [relation.rel, relationKind(relation, catalog, immune)]))

/** What `relation` is to the journal. Tables of extensions are left alone, as are sequences of immune tables. */
const relationKind = (
  relation: CatalogRelation,
  catalog: readonly CatalogRelation[],
  immune: readonly string[],
): RelationKind => {
  const named = (rel: number | null) =>
    catalog.some((other) => other.rel === rel && immune.includes(other.name))
  if (relation.extension) return 'immune'
  if (relation.kind === 'S') return named(relation.owner) ? 'immune' : 'sequence'
  if (relation.root !== null) return named(relation.root) ? 'immune' : 'partition'
  return immune.includes(relation.name) ? 'immune' : 'table'
}

/** Why `relation` cannot be in the journal, and what to do about it; undefined: it can. */
export const findProblem = (
  relation: CatalogRelation,
  catalog: readonly CatalogRelation[],
  kinds: ReadonlyMap<number, RelationKind>,
  immune: readonly string[],
): string | undefined => {
  const { name } = relation
  const kind = kinds.get(relation.rel)
  if (kind === 'partition') {
    const root = catalog.find(({ rel }) => rel === relation.root)
    if (root === undefined) {
      return `table ${name} is a partition of a table in another schema. Move both into one schema, or detach it`
    }
    if (immune.includes(name)) {
      return `table ${name} is immune, but it is a partition of ${root.name}, which is not. Name ${root.name} in immuneTables, too`
    }
  }
  if (kind !== 'table' && kind !== 'partition') return undefined
  if (relation.kind === 'f') {
    return `table ${name} is a foreign table: what is written to it cannot be undone here. Name it in immuneTables`
  }
  if (relation.stranger !== null) {
    return (
      `table ${name} belongs to ${relation.stranger}, so that this database user cannot put triggers on it. Make this user its ` +
      `owner (alter table … owner to …), or name it in immuneTables`
    )
  }
  if (relation.guarded) {
    return (
      `table ${name} has row-level security that applies to this database user: a rollback would miss the rows that it hides. ` +
      `Give the user bypassrls, or name the table in immuneTables`
    )
  }
  if (kind === 'table' && relation.key.length === 0) {
    return (
      `table ${name} has no primary key, by which a rollback finds its rows. Add one ` +
      `(alter table … add column id bigint generated always as identity primary key), or name it in immuneTables`
    )
  }
  if (
    kind === 'table' &&
    relation.key.some((key) => !relation.columns.some((column) => column.name === key))
  ) {
    return (
      `table ${name} has a generated column in its primary key, which cannot be put back. Use a plain column there, ` +
      `or name the table in immuneTables`
    )
  }
  return undefined
}
