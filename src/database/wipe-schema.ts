import { WipeError } from '../errors.ts'
import type { Sql, Transaction } from './database.ts'
import { quoteName, runDdl } from './journal-ddl.ts'
import { dropShadow } from './journal-shadow.ts'
import { findWipedObjects, WIPED_ALONE, WIPED_KINDS, type WipedObject } from './wipe-kept.ts'

export interface WipeOptions {
  readonly schema: string
  readonly ownSchema: string
  readonly immuneTables: readonly string[]
  /** Forget the keys of durable firings that ran, so that they run when they are fired again. Default: false. */
  readonly redeliver?: boolean
}

/**
 * Drops, in this transaction, all tables, views, sequences, functions, types and whatever else of `schema`, and forgets where the indexes
 * stood. Immune tables stay with what they need, extensions with what is theirs; the schema itself stays, and no other
 * schema is touched.
 *
 * @throws WipeError when something that has to stay depends on what has to go. The transaction must then be rolled back.
 */
export const wipeSchema = async ({ sql }: Transaction, options: WipeOptions): Promise<void> => {
  await forgetIndexes(sql, quoteName(options.ownSchema), options.redeliver === true)
  const wiped = await findWipedObjects(sql, options.schema, options.immuneTables)
  await rememberOthers(sql, wiped)
  await runDdl(
    sql,
    WIPED_KINDS.flatMap((kind) => {
      const names = wiped.filter((object) => object.kind === kind).map(({ name }) => name)
      return names.length === 0 ? [] : [`drop ${kind} if exists ${names.join(', ')} cascade`]
    }),
  )
  await dropAlone(sql, wiped)
  await refuseHarm(sql)
}

const DEPENDED_ON = '2BP01'

/** Without CASCADE: what uses it and is left is not to go. */
const dropAlone = async (sql: Sql, wiped: readonly WipedObject[]): Promise<void> => {
  try {
    await runDdl(
      sql,
      WIPED_ALONE.flatMap((kind) =>
        wiped.filter((object) => object.kind === kind).map(({ name }) => `drop ${kind} if exists ${name}`),
      ),
    )
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DEPENDED_ON)) throw error
    const detail = 'detail' in error ? `: ${String(error.detail)}` : ''
    throw new WipeError(`The schema cannot be wiped: ${error.message}${detail}`, {
      cause: error,
      hint: HINT,
    })
  }
}

const HINT =
  'Nothing was dropped. Remove the dependency, or name the tables in immuneTables that are to stay.'

const forgetIndexes = async (sql: Sql, own: string, redeliver: boolean): Promise<void> => {
  const tracked = await sql<{ id: number }[]>`
    select id from ${sql.unsafe(own)}.tracked where kind = 'table' order by id`
  await runDdl(sql, [
    // First: a running level of another process would otherwise wait for us, holding what we want.
    `update ${own}.index set level = null, hash = null, finalized = null, synchronized = false`,
    // Who told of it had other rows.
    `delete from ${own}.lifecycle where key = 'synchronized'`,
    ...tracked.flatMap(({ id }) => dropShadow(own, id)),
    `delete from ${own}.tracked`,
    `delete from ${own}.tracked_schema`,
    `delete from ${own}.version`,
    `delete from ${own}.block`,
    // Their levels will fire them again. What ran is remembered by its key.
    `delete from ${own}.firing where level is not null and (state in ('queued', 'dead') or state = 'done' and key is null)`,
    `update ${own}.firing set level = null, index_id = null, orphaned = state = 'running' where level is not null`,
    ...(redeliver ? [`delete from ${own}.firing where state = 'done'`] : []),
    `delete from ${own}.once`,
    `create or replace function ${own}.sequence_values() returns jsonb language plpgsql stable as 'begin return null; end'`,
  ])
}

/**
 * CASCADE follows every dependency, over schemas and into tables that stay. So what is not to go is counted before and
 * after: relations with their columns, defaults, constraints and triggers; routines; types; event triggers.
 * What is part of something else (a range's constructors) goes and stays with it.
 */
const OTHERS = `
  select 'pg_class'::regclass::oid as classid, c.oid as objid, format('%I.%I', n.nspname, c.relname) as name,
    (select count(*) from pg_attribute a where a.attrelid = c.oid and not a.attisdropped)
    + (select count(*) from pg_attrdef d where d.adrelid = c.oid)
    + (select count(*) from pg_constraint k where k.conrelid = c.oid)
    + (select count(*) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
    + (select count(*) from pg_policy p where p.polrelid = c.oid)
    + (select count(*) from pg_rewrite r where r.ev_class = c.oid) as parts
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  union all select 'pg_proc'::regclass, p.oid, p.oid::regprocedure::text, 0 from pg_proc p
    where not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')
  union all select 'pg_type'::regclass, t.oid, t.oid::regtype::text, 0 from pg_type t where t.typtype in ('e', 'd', 'r', 'b')
    and not exists (select from pg_type e where e.typarray = t.oid)
  union all select 'pg_event_trigger'::regclass, e.oid, e.evtname::text, 0 from pg_event_trigger e`

const rememberOthers = async (sql: Sql, wiped: readonly WipedObject[]): Promise<void> => {
  await sql.unsafe(`create temp table pawl_others on commit drop as ${OTHERS}`)
  await sql`
    delete from pg_temp.pawl_others o
    using unnest(${sql.array(
      wiped.map(({ classid }) => String(classid)),
      25,
    )}::text[]::oid[],
      ${sql.array(
        wiped.map(({ objid }) => String(objid)),
        25,
      )}::text[]::oid[]) as goes (classid, objid)
    where o.classid = goes.classid and o.objid = goes.objid`
}

const refuseHarm = async (sql: Sql): Promise<void> => {
  const harmed = await sql<{ name: string }[]>`
    select o.name from pg_temp.pawl_others o
    left join (${sql.unsafe(OTHERS)}) now on now.classid = o.classid and now.objid = o.objid
    where now.objid is null or now.parts < o.parts order by 1`
  await sql`drop table pg_temp.pawl_others`
  if (harmed.length === 0) return
  throw new WipeError(
    `The schema cannot be wiped: ${harmed.map(({ name }) => name).join(', ')} must stay, but depends on what has to go`,
    { hint: HINT },
  )
}
