import type { Sql, Transaction } from './database.ts'
import { readCatalog, type CatalogRelation } from './journal-catalog.ts'
import { alterShadow } from './journal-columns.ts'
import { quoteName, runDdl } from './journal-ddl.ts'
import { findExchanged } from './journal-exchanges.ts'
import { kindsOf, type RelationKind } from './journal-kinds.ts'
import { refuseUnjournallable } from './refuse-unjournallable.ts'
import { createShadow, createTriggers, dropShadow, dropTriggers } from './journal-shadow.ts'
import { createSequenceValues, followRenames } from './journal-sequences.ts'
import { readTracked, type TrackedRelation } from './read-tracked.ts'

export interface TrackOptions {
  readonly schema: string
  readonly ownSchema: string
  readonly immuneTables: readonly string[]
}

const LEFT =
  'The tables stay as they are until somebody alters or drops them: mend them, and what makes them. `pawl schema wipe` drops all, and on_reindex makes them anew.'

/**
 * Makes the journal cover every table of `schema` but `immuneTables`, as they are now: new tables get a shadow and triggers,
 * altered ones keep what the journal has of them where it can still be put back. Cheap when nothing changed.
 *
 * @throws UnjournallableTableError that names every table that cannot be covered, and the ways out. Nothing is changed then.
 */
export const trackTables = async ({ sql }: Transaction, options: TrackOptions): Promise<void> => {
  const own = quoteName(options.ownSchema)
  const immune = [...new Set(options.immuneTables)].sort()
  await sql`lock table ${sql.unsafe(own)}.tracked in share row exclusive mode`
  if (await isUnchanged(sql, own, options.schema, immune)) return

  const catalog = await readCatalog(sql, options.schema)
  const kinds = kindsOf(catalog, immune)
  await refuseUnjournallable(sql, catalog, immune, LEFT)

  await sql`delete from ${sql.unsafe(own)}.tracked_schema`
  await sql`insert into ${sql.unsafe(own)}.tracked_schema ${sql({ name: options.schema, immune })}`
  const tracked = await readTracked(sql, own)
  await followRenames(sql, own, options.schema, tracked, catalog)
  const exchanged = await findExchanged(sql, own, { schema: options.schema, tracked, catalog, kinds })
  await forgetLeftovers(sql, own, tracked, kinds)
  const partitioned = tracked.filter(({ rel }) => catalog.find((other) => other.rel === rel)?.kind === 'p')
  // Of all of them, before any is made: a table that was detached still has its old root's.
  await runDdl(
    sql,
    partitioned.flatMap(({ id }) => dropTriggers(own, id)),
  )
  for (const relation of catalog) {
    const kind = kinds.get(relation.rel) ?? 'immune'
    const before = tracked.find(({ rel }) => rel === relation.rel)
    if (kind !== 'table') {
      await markRelation(sql, own, relation.rel, kind)
      continue
    }
    const isExchanged = exchanged.has(relation.rel)
    await trackTable(sql, own, { schema: options.schema, relation, catalog, before, isExchanged })
  }
  await runDdl(sql, [createSequenceValues(own, options.schema, catalog, kinds)])
  // Last: the triggers are part of what is signed.
  await sql`
    update ${sql.unsafe(own)}.tracked t set signature = c.signature, name = c.relname, width = c.width
    from ${sql.unsafe(own)}.catalog c where c.rel = t.rel::oid
      and (t.signature, t.name, t.width) is distinct from (c.signature, c.relname::text, c.width)`
  await sql`
    update ${sql.unsafe(own)}.tracked_schema
    set rels = array(select t.rel::oid from ${sql.unsafe(own)}.tracked t where t.kind in ('table', 'partition'))`
  await sql`update ${sql.unsafe(own)}.tracked_schema set fingerprint = ${sql.unsafe(own)}.fingerprint()`
}

const isUnchanged = async (sql: Sql, own: string, schema: string, immune: string[]): Promise<boolean> => {
  const [row] = await sql<{ unchanged: boolean }[]>`
    select ${sql.unsafe(own)}.drift() is null and exists (select from ${sql.unsafe(own)}.tracked_schema
      where name = ${schema} and immune = ${sql.array(immune, 25)}::text[]) as unchanged`
  return row?.unchanged ?? false
}

const forgetLeftovers = async (
  sql: Sql,
  own: string,
  tracked: readonly TrackedRelation[],
  kinds: ReadonlyMap<number, RelationKind>,
): Promise<void> => {
  const leftovers = tracked.filter(({ rel, kind }) => kinds.get(rel) !== kind)
  for (const { id, kind } of leftovers) {
    if (kind === 'table') await runDdl(sql, dropShadow(own, id))
    await sql`delete from ${sql.unsafe(own)}.tracked where id = ${id}`
  }
}

const markRelation = (sql: Sql, own: string, rel: number, kind: RelationKind) => sql`
  insert into ${sql.unsafe(own)}.tracked (rel, kind) values (${String(rel)}::text::oid, ${kind}) on conflict do nothing`

interface TableToTrack {
  readonly schema: string
  readonly relation: CatalogRelation
  readonly catalog: readonly CatalogRelation[]
  readonly before: TrackedRelation | undefined
  /** Nothing of before can be put back: see `findExchanged`. */
  readonly isExchanged: boolean
}

const trackTable = async (
  sql: Sql,
  own: string,
  { schema, relation, catalog, before, isExchanged }: TableToTrack,
): Promise<void> => {
  const known = before?.kind === 'table' ? before : undefined
  const partitions = catalog.filter(({ root }) => root === relation.rel)
  if (known !== undefined && known.signature === known.current && relation.kind !== 'p' && !isExchanged)
    return
  const rel = `${quoteName(schema)}.${quoteName(relation.name)}`
  const [last] = await sql<
    { id: string }[]
  >`select coalesce(max(id), 0)::text as id from ${sql.unsafe(own)}.version`
  const [row] = await sql<{ id: number }[]>`
    insert into ${sql.unsafe(own)}.tracked as t (rel, kind) values (${String(relation.rel)}::text::oid, 'table')
    on conflict (rel) do update set kind = 'table' returning id`
  if (row === undefined) throw new Error('insert … returning gave no row')

  const shadow = { id: row.id, rel, partitioned: relation.kind === 'p', key: relation.key }
  const newest = last?.id ?? '0'
  const change = await alterShadow(sql, own, row.id, relation, known, newest)
  const cut = isExchanged ? newest : change.cut
  await runDdl(sql, [
    ...dropTriggers(own, row.id),
    ...(change.statements ?? createShadow(own, { ...shadow, columns: change.columns })),
    ...createTriggers(own, { ...shadow, columns: change.columns }, partitions, schema),
  ])
  await sql`
    update ${sql.unsafe(own)}.tracked set key = ${sql.array([...relation.key], 25)}::text[],
      columns = ${JSON.stringify(change.columns)}::text::jsonb, since = greatest(since, ${cut}::text::bigint)
    where id = ${row.id}`
}
