import type { Sql } from './database.ts'
import type { RelationKind } from './journal-kinds.ts'
import type { TrackedColumn } from './journal-shadow.ts'

/** A relation as it was when it was tracked. */
export interface TrackedRelation {
  readonly id: number
  readonly rel: number
  /** Null: tracked by an older version. */
  readonly name: string | null
  /** How many columns it had had by then, dropped ones, too; null, as `name`. */
  readonly width: number | null
  readonly kind: RelationKind
  readonly key: readonly string[]
  readonly columns: readonly TrackedColumn[]
  readonly signature: string | null
  /** As the catalog has it now; null: not there any more. */
  readonly current: string | null
}

/** What was tracked, relations that are gone, too. */
export const readTracked = (sql: Sql, own: string): Promise<TrackedRelation[]> => sql<TrackedRelation[]>`
  select t.id, t.rel::oid::text::float8 as rel, t.name, t.width, t.kind, t.key, t.columns, t.signature, c.signature as current
  from ${sql.unsafe(own)}.tracked t left join ${sql.unsafe(own)}.catalog c on c.rel = t.rel::oid`
