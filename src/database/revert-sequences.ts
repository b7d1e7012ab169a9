import type { Sql } from './database.ts'
import type { RevertRange } from './revert-range.ts'

interface SequenceState {
  readonly value: string
  readonly called: boolean
}

interface JournalledSequence extends SequenceState {
  readonly name: string
  readonly ascending: boolean
  readonly increment: string
  /** The column of numbers that it belongs to: `[table, column]`, quoted. */
  readonly owner: readonly [string, string] | null
  /** Another index has run since, and may have taken numbers. */
  readonly shared: boolean
}

/**
 * Sets the sequences back to where they stood, unless rows that stay have taken numbers since (a hook's, another index's):
 * the next number must be free. Done so that it rolls back with the transaction, which `setval` alone does not.
 */
export const revertSequences = async (sql: Sql, own: string, range: RevertRange): Promise<void> => {
  for (const sequence of await readJournalledSequences(sql, own, range)) {
    const before = await readState(sql, sequence.name)
    if (before.value === sequence.value && before.called === sequence.called) continue
    if (sequence.owner === null && sequence.shared) continue
    // Changes nothing, and waits for transactions that took numbers.
    await sql.unsafe(`alter sequence ${sequence.name} increment by ${sequence.increment}`)
    const target = await freeState(sql, sequence, await readState(sql, sequence.name))
    // Gives the sequence new storage, which this transaction's rollback drops: setval then writes there.
    await sql.unsafe(`alter sequence ${sequence.name} restart`)
    await sql`select setval(${sequence.name}::text::regclass, ${target.value}::text::bigint, ${target.called})`
  }
}

/** A number in a text, as of `'A' || nextval(…)`, is not found: its sequence is nobody's. */
const ofNumbers = (sql: Sql) =>
  sql.unsafe(`exists (with recursive base as (
      select t.oid, t.typtype, t.typbasetype from pg_type t where t.oid = a.atttypid
      union all select t.oid, t.typtype, t.typbasetype from base, pg_type t where base.typtype = 'd' and t.oid = base.typbasetype
    ) select from base where oid = any ('{int2,int4,int8,numeric}'::regtype[]::oid[]))`)

const readJournalledSequences = (sql: Sql, own: string, range: RevertRange) => sql<JournalledSequence[]>`
  select distinct on (e.key) e.key as name, e.value ->> 0 as value, (e.value ->> 1)::boolean as called,
    s.seqincrement > 0 as ascending, s.seqincrement::text as increment,
    (select array[d.refobjid::regclass::text, quote_ident(a.attname)] from pg_depend d
      join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = s.seqrelid and d.refclassid = 'pg_class'::regclass
        and d.deptype in ('a', 'i') and ${ofNumbers(sql)}) as owner,
    exists (select from ${sql.unsafe(own)}.version o
      where o.index_id <> ${range.indexId} and o.id > ${range.first}::text::bigint) as shared
  from ${sql.unsafe(own)}.version v, jsonb_each(v.sequences) e
  join pg_sequence s on s.seqrelid = to_regclass(e.key)
  where v.index_id = ${range.indexId} and v.id >= ${range.first}::text::bigint
  order by e.key, v.id`

const readState = async (sql: Sql, name: string): Promise<SequenceState> => {
  const [state] = await sql.unsafe<SequenceState[]>(
    `select last_value::text as value, is_called as called from ${name}`,
  )
  if (state === undefined) throw new Error(`sequence ${name} has no row`)
  return state
}

const freeState = async (
  sql: Sql,
  sequence: JournalledSequence,
  current: SequenceState,
): Promise<SequenceState> => {
  if (sequence.owner === null) return sequence
  const [table, column] = sequence.owner
  const [edge, low, high] = sequence.ascending
    ? ['max', sequence.value, current.value]
    : ['min', current.value, sequence.value]
  const [row] = await sql.unsafe<{ taken: string | null }[]>(
    `select ${edge}(${column})::text as taken from ${table} where ${column} between ${low} and ${high}`,
  )
  const taken = row?.taken ?? null
  if (taken === null || (taken === sequence.value && sequence.called)) return sequence
  return { value: taken, called: true }
}
