import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'

/** In the order that they are dropped. */
export const WIPED_KINDS = [
  'materialized view',
  'view',
  'foreign table',
  'table',
  'sequence',
  'routine',
  'domain',
  'type',
] as const

/** What nothing is left of that uses it, in the order that it is dropped, then. */
export const WIPED_ALONE = [
  'text search configuration',
  'text search dictionary',
  'conversion',
  'operator class',
  'operator family',
  'operator',
  'collation',
] as const

export interface WipedObject {
  readonly kind: (typeof WIPED_KINDS | typeof WIPED_ALONE)[number]
  /** As `drop` takes it: quoted and qualified. */
  readonly name: string
  readonly classid: number
  readonly objid: number
}

/**
 * What of `schema` goes: all but the immune tables, what those are made of or need (their sequences, types, functions of
 * their triggers and defaults), and what belongs to an extension.
 */
export const findWipedObjects = (
  sql: Sql,
  schema: string,
  immuneTables: readonly string[],
): Promise<WipedObject[]> => sql<WipedObject[]>`
    with recursive namespace as (select to_regnamespace(${quoteName(schema)})::oid as oid),
    kept (classid, objid) as (
      select 'pg_class'::regclass::oid, c.oid from pg_class c, namespace n
      where c.relnamespace = n.oid and c.relkind in ('r', 'p') and c.relname = any (${sql.array([...immuneTables], 25)}::text[])
      union
      select next.classid, next.objid from kept k cross join lateral (
        select d.refclassid, d.refobjid from pg_depend d
        where d.classid = k.classid and d.objid = k.objid and d.deptype in ('n', 'a', 'i')
        union all
        -- Parts of a kept table: defaults, constraints, triggers, sequences, row types. Of a view only its rule; of a
        -- function or type nothing, since what uses it is no part of it. Nor are foreign keys: indexed rows must not stay because an immune table points there.
        select d.classid, d.objid from pg_depend d
        left join pg_constraint c on d.classid = 'pg_constraint'::regclass and c.oid = d.objid
        where d.refclassid = k.classid and d.refobjid = k.objid and d.deptype in ('a', 'i')
          and k.classid = 'pg_class'::regclass and (c.oid is null or c.conrelid = k.objid and c.contype <> 'f')
          and d.classid in ('pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_trigger'::regclass, 'pg_class'::regclass,
            'pg_type'::regclass)
        union all
        -- What an index compares by: the operators and functions of its operator class.
        select d.classid, d.objid from pg_depend d
        where d.refclassid = k.classid and d.refobjid = k.objid and d.deptype in ('a', 'i')
          and k.classid in ('pg_opclass'::regclass, 'pg_opfamily'::regclass)
          and d.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass)
      ) next (classid, objid)
    ),
    stays as (
      select classid, objid from kept
      -- Of an extension, or made with its type (a range's constructors): those cannot be dropped apart from it.
      union select d.classid, d.objid from pg_depend d
      where d.deptype = 'e' or d.deptype = 'i' and d.classid = 'pg_proc'::regclass
    )
    select kind, name, classid::text::float8 as classid, objid::text::float8 as objid from (
      select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
          when 'S' then 'sequence' when 'c' then 'type' else 'table' end as kind,
        format('%I.%I', ${schema}::text, c.relname) as name, 'pg_class'::regclass::oid as classid, c.oid as objid
      from pg_class c, namespace n where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f', 'c')
        and (c.relkind <> 'c' or ('pg_type'::regclass::oid, c.reltype) not in (select classid, objid from stays))
      union all
      select 'routine', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid
      from pg_proc p, namespace n where p.pronamespace = n.oid
      union all
      select case t.typtype when 'd' then 'domain' else 'type' end, format('%I.%I', ${schema}::text, t.typname),
        'pg_type'::regclass, t.oid
      from pg_type t, namespace n where t.typnamespace = n.oid and t.typtype in ('e', 'd', 'r', 'b')
        and not exists (select from pg_type e where e.typarray = t.oid)
      union all
      select 'text search configuration', format('%I.%I', ${schema}::text, cfgname), 'pg_ts_config'::regclass, o.oid
      from pg_ts_config o, namespace n where cfgnamespace = n.oid
      union all
      select 'text search dictionary', format('%I.%I', ${schema}::text, dictname), 'pg_ts_dict'::regclass, o.oid
      from pg_ts_dict o, namespace n where dictnamespace = n.oid
      union all
      select 'conversion', format('%I.%I', ${schema}::text, conname), 'pg_conversion'::regclass, o.oid
      from pg_conversion o, namespace n where connamespace = n.oid
      union all
      select 'operator class', format('%I.%I using %I', ${schema}::text, opcname, a.amname), 'pg_opclass'::regclass, o.oid
      from pg_opclass o join pg_am a on a.oid = opcmethod, namespace n where opcnamespace = n.oid
      union all
      select 'operator family', format('%I.%I using %I', ${schema}::text, opfname, a.amname), 'pg_opfamily'::regclass, o.oid
      from pg_opfamily o join pg_am a on a.oid = opfmethod, namespace n where opfnamespace = n.oid
      union all
      select 'operator', format('%I.%s(%s, %s)', ${schema}::text, oprname,
          case oprleft when 0 then 'none' else oprleft::regtype::text end, oprright::regtype), 'pg_operator'::regclass, o.oid
      from pg_operator o, namespace n where oprnamespace = n.oid
      union all
      select 'collation', format('%I.%I', ${schema}::text, collname), 'pg_collation'::regclass, o.oid
      from pg_collation o, namespace n where collnamespace = n.oid
    ) object
    where (classid, objid) not in (select classid, objid from stays)`
