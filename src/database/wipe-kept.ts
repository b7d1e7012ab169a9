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

export interface WipedObject {
  readonly kind: (typeof WIPED_KINDS)[number]
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
    ) object
    where (classid, objid) not in (select classid, objid from stays)`
