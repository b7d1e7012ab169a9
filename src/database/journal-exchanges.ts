import type { Sql } from './database.ts'
import type { CatalogRelation } from './journal-catalog.ts'
import { quoteName } from './journal-ddl.ts'
import type { RelationKind } from './journal-kinds.ts'
import { shadowName } from './journal-shadow.ts'
import type { TrackedRelation } from './read-tracked.ts'

interface Relations {
  readonly schema: string
  readonly tracked: readonly TrackedRelation[]
  readonly catalog: readonly CatalogRelation[]
  readonly kinds: ReadonlyMap<number, RelationKind>
}

/**
 * Tables whose rows of before are not, or not all, in the journal by what they are now: they were immune, or a partition; what is a
 * partition of theirs now was not; their name was another table's, so that its rows may be theirs now. By their oids. What was
 * indexed by then cannot be reverted any more.
 */
export const findExchanged = async (
  sql: Sql,
  own: string,
  { schema, tracked, catalog, kinds }: Relations,
): Promise<ReadonlySet<number>> => {
  const exchanged = new Set<number>()
  const isUsed = async (target: string): Promise<boolean> => {
    const [row] = await sql<{ used: boolean }[]>`select exists (select from ${sql.unsafe(target)}) as used`
    return row?.used ?? false
  }
  // A partition's records are its table's.
  const hasRecords = async ({ id, kind }: TrackedRelation): Promise<boolean> =>
    kind === 'table' ? isUsed(`${own}.${shadowName(id)}`) : true
  for (const { rel, name, root } of catalog) {
    const kind = kinds.get(rel)
    const before = tracked.find((other) => other.rel === rel)
    const isOther = before !== undefined && before.kind !== kind
    if (kind === 'partition' && root !== null && isOther && (await hasRecords(before))) exchanged.add(root)
    if (kind !== 'table') continue
    if (isOther) exchanged.add(rel)
    const namesake = tracked.find((other) => other.name === name && other.rel !== rel)
    if (namesake === undefined || !(await hasRecords(namesake))) continue
    // Where the other is still there, its rows are, too, unless they were copied.
    const isThere = catalog.some((other) => other.rel === namesake.rel)
    if (!isThere || (await isUsed(`${quoteName(schema)}.${quoteName(name)}`))) exchanged.add(rel)
  }
  return exchanged
}
