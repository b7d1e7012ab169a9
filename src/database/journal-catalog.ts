import type { Sql } from './database.ts'
import { quoteName } from './journal-ddl.ts'

export interface CatalogColumn {
  readonly number: number
  readonly name: string
  /** Qualified, without a length: a domain as the type below it, since insert marks leave it null. */
  readonly type: string
  /** `generated always as identity`: cannot be updated. */
  readonly identity: boolean
}

/** A table, partition or sequence of the schema as PostgreSQL has it. */
export interface CatalogRelation {
  readonly rel: number
  readonly name: string
  /** As in `pg_class`: r table, p partitioned, f foreign, S sequence. */
  readonly kind: 'r' | 'p' | 'f' | 'S'
  /** The partitioned table on top of this partition. */
  readonly root: number | null
  /** The table that this sequence belongs to. */
  readonly owner: number | null
  readonly extension: boolean
  /** Who owns it, where this database user may not act as its owner. */
  readonly stranger: string | null
  /** Row-level security hides rows of it from this database user. */
  readonly guarded: boolean
  readonly key: readonly string[]
  /** Stored ones: not generated. */
  readonly columns: readonly CatalogColumn[]
}

/** Everything in `schema` that holds data. */
export const readCatalog = (sql: Sql, schema: string): Promise<CatalogRelation[]> => sql<CatalogRelation[]>`
  select c.oid::int8::text::float8 as rel, c.relname as name, c.relkind::text as kind,
    case when c.relispartition then pg_partition_root(c.oid)::oid::text::float8 end as root,
    (select d.refobjid::text::float8 from pg_depend d where c.relkind = 'S' and d.classid = 'pg_class'::regclass
      and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')) as owner,
    exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') as extension,
    case when not pg_has_role(c.relowner, 'usage') then pg_get_userbyid(c.relowner)::text end as stranger,
    c.relkind <> 'S' and row_security_active(c.oid) as guarded,
    array(select a.attname::text from pg_index i, unnest(i.indkey) with ordinality k (number, place), pg_attribute a
      where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.number order by k.place) as key,
    coalesce((select json_agg(json_build_object('number', a.attnum, 'name', a.attname, 'identity', a.attidentity = 'a',
        'type', format('%I.%I', n.nspname, b.typname)
          || coalesce((select format(' collate %I.%I', cn.nspname, co.collname) from pg_collation co, pg_namespace cn
            where co.oid = a.attcollation and cn.oid = co.collnamespace and a.attcollation <> b.typcollation), '')
      ) order by a.attnum)
      from pg_attribute a
      cross join lateral (with recursive base as (
          select t.* from pg_type t where t.oid = a.atttypid
          union all select t.* from base, pg_type t where base.typtype = 'd' and t.oid = base.typbasetype
        ) select * from base where typtype <> 'd') b
      join pg_namespace n on n.oid = b.typnamespace
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relkind <> 'S'
    ), '[]') as columns
  from pg_class c
  where c.relnamespace = to_regnamespace(${quoteName(schema)})::oid and c.relkind in ('r', 'p', 'f', 'S')
  order by c.oid`

/** A foreign key into a table, from one that is not in the journal. */
export interface DanglingReference {
  readonly constraint: string
  readonly from: string
  readonly to: string
}

/** Foreign keys from tables other than `rels` into tables of `rels`. */
export const readDanglingReferences = (sql: Sql, rels: readonly number[]): Promise<DanglingReference[]> => {
  const list = sql.array(rels.map(String), 25)
  return sql<DanglingReference[]>`
    select k.conname as constraint, k.conrelid::regclass::text as from, k.confrelid::regclass::text as to
    from pg_constraint k
    where k.contype = 'f' and k.conparentid = 0
      and k.confrelid = any (${list}::text[]::oid[]) and k.conrelid <> all (${list}::text[]::oid[])
    order by 2, 1`
}
