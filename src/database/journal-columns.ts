import type { Sql } from './database.ts'
import type { CatalogColumn, CatalogRelation } from './journal-catalog.ts'
import { createShadow, firstTouchName, shadowName, type TrackedColumn } from './journal-shadow.ts'

export interface ShadowChange {
  readonly columns: readonly TrackedColumn[]
  /** DDL for the shadow that is there; undefined: there is none yet. */
  readonly statements: readonly string[] | undefined
  /** Versions up to this one can no longer be put back. */
  readonly cut: string
}

interface KnownTable {
  /** How many columns it had had by then; null: not known. */
  readonly width: number | null
  readonly key: readonly string[]
  readonly columns: readonly TrackedColumn[]
}

/**
 * What to do to the shadow of a table so that it fits the table's columns of now. Added, dropped and renamed columns keep
 * its records; a changed type or primary key, or an expression that was dropped,
 * ends what they can be used for.
 */
export const alterShadow = async (
  sql: Sql,
  own: string,
  id: number,
  relation: CatalogRelation,
  known: KnownTable | undefined,
  last: string,
): Promise<ShadowChange> => {
  const fresh = relation.columns.map((column) => ({ ...column, shadow: `c${column.number}`, since: '0' }))
  if (known === undefined) return { columns: fresh, statements: undefined, cut: '0' }

  const shadow = `${own}.${shadowName(id)}`
  const first = `${own}.${firstTouchName(id)}`
  const columns = carryOver(relation, known, last)
  if (columns === undefined) {
    const [row] = await sql<{ used: boolean }[]>`select exists (select from ${sql.unsafe(shadow)}) as used`
    const table = { id, rel: '', partitioned: false, key: relation.key, columns: fresh }
    const statements = [`drop table ${shadow}, ${first}`, ...createShadow(own, table)]
    return { columns: fresh, statements, cut: row?.used ? last : '0' }
  }
  const dropped = known.columns.filter((old) => !columns.some((column) => column.shadow === old.shadow))
  const added = columns.filter((column) => !known.columns.some((old) => old.shadow === column.shadow))
  const statements = [
    ...dropped.flatMap((column) =>
      [shadow, first].map((table) => `alter table ${table} drop column ${column.shadow}`),
    ),
    ...added.flatMap((column) => [
      ...[shadow, first].map((table) => `alter table ${table} add column ${column.shadow} ${column.type}`),
      fillMissing(shadow, relation.rel, column),
    ]),
  ]
  return { columns, statements, cut: '0' }
}

/** Rows that the journal holds get in a new column what ADD COLUMN … DEFAULT gave to those in the table. */
// An array of one, whatever the type; as text, for there is no type of arrays of arrays, and some are not parted by commas.
const fillMissing = (shadow: string, rel: number, { number, shadow: name, type }: TrackedColumn): string =>
  `update ${shadow} set ${name} = array_to_string(a.attmissingval, '')::${type.replace(/ collate .*$/, '')}
   from pg_attribute a where a.attrelid = ${rel} and a.attnum = ${number} and a.atthasmissing and op = 'O'`

const carryOver = (
  relation: CatalogRelation,
  known: KnownTable,
  last: string,
): TrackedColumn[] | undefined => {
  const columns: TrackedColumn[] = []
  let next = Math.max(0, ...known.columns.map(({ shadow }) => Number(shadow.slice(1))))
  for (const column of relation.columns) {
    const old = known.columns.find(({ number }) => number === column.number)
    if (old !== undefined && isSameColumn(old, column, relation.columns)) {
      columns.push({ ...column, shadow: old.shadow, since: old.since })
    } else if (old === undefined && isNew(column, known)) {
      next = Math.max(next + 1, column.number)
      columns.push({ ...column, shadow: `c${next}`, since: last })
    } else {
      return undefined
    }
  }
  const keyOf = (key: readonly string[], of: readonly TrackedColumn[]) =>
    key.map((name) => of.find((column) => column.name === name)?.shadow).join()
  return keyOf(relation.key, columns) === keyOf(known.key, known.columns) ? columns : undefined
}

// One that was there, and is new to the journal, was generated: nobody knows what it was in rows of before.
const isNew = ({ number, name }: CatalogColumn, { width, columns }: KnownTable): boolean =>
  number > (width ?? 0) && !columns.some((other) => other.name === name)

// Numbers change when a dump is restored, names when a column is renamed. Where both moved, nothing is certain.
const isSameColumn = (old: TrackedColumn, now: CatalogColumn, all: readonly CatalogColumn[]): boolean =>
  old.type === now.type && (old.name === now.name || !all.some(({ name }) => name === old.name))
