import { quoteText } from '../journal-ddl.ts'

const CATALOG_WRITES = ['pg_attribute', 'pg_index', 'pg_trigger', 'pg_depend']
  .flatMap((catalog) =>
    ['inserted', 'updated', 'deleted'].map(
      (what) => `pg_stat_get_xact_tuples_${what}('pg_catalog.${catalog}'::regclass)`,
    ),
  )
  .join('\n    + ')

/**
 * The journal that a rollback reads: what each level changed, kept by triggers. `own` is the quoted name of Pawl's own
 * schema.
 *
 * A level's transaction starts with `begin_level(…)` and, before COMMIT, calls `end_level()`. They raise
 * `PW001` the lease is another process's; `PW002` the index is not at the level that this level follows;
 * `PW003` a table is new or altered: track the tables, then try the level again; `PW004` a table was created or altered
 * inside the level.
 *
 * `pawl.version` holds the id of the level's version while its transaction runs. Where it is unset, empty or `off`,
 * writes are allowed and not journalled.
 */
export const journal = (own: string): string => `
create table ${own}.version (
  id bigint generated always as identity primary key,
  index_id int not null references ${own}.index (id) on delete cascade,
  previous bigint,
  previous_hash text,
  level bigint not null,
  hash text not null,
  sequences jsonb,
  xid xid8 not null default pg_current_xact_id(),
  snapshot pg_snapshot not null default pg_current_snapshot()
);
create index on ${own}.version (index_id, level);
comment on table ${own}.version is 'Journalled transactions: from which level of its index to which';
comment on column ${own}.version.snapshot is 'Which transactions had ended when this one began';

create table ${own}.tracked_schema (
  name text primary key,
  immune text[] not null,
  rels oid[] not null default '{}',
  fingerprint text
);
comment on table ${own}.tracked_schema is 'The schema whose tables are journalled, and those that are not';

create table ${own}.tracked (
  id int generated always as identity primary key,
  rel regclass not null unique,
  kind text not null check (kind in ('table', 'partition', 'immune', 'sequence')),
  key text[] not null default '{}',
  columns jsonb not null default '[]',
  since bigint not null default 0,
  signature text
);
comment on table ${own}.tracked is 'What the journal knows of the schema; a table''s old rows are in journal_<id>';
comment on column ${own}.tracked.since is 'Versions up to this one cannot be put back: the table was altered';

-- Sums of row versions: any ALTER of a table, its columns, primary key or triggers (foreign keys are triggers, too) writes
-- new ones, whose xmin is higher. VACUUM and ANALYZE do not.
create view ${own}.catalog as
select c.oid as rel, c.relname, case when c.relkind = 'S' then '' else concat_ws(' ',
  (select sum(a.xmin::text::bigint) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0),
  (select sum(i.xmin::text::bigint) from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary),
  (select concat(count(*), ' ', sum(t.xmin::text::bigint)) from pg_catalog.pg_trigger t where t.tgrelid = c.oid)) end as signature
from pg_catalog.pg_class c
where c.relkind in ('r', 'p', 'f', 'S')
  and c.relnamespace = any (array(select to_regnamespace(quote_ident(s.name))::oid from ${own}.tracked_schema s));

-- The same over all tables at once, and which relations there are, since every level asks twice: 0.03 ms for 3 tables. By index,
-- which the planner would not take for catalogs this small; by plans that a session keeps, for it would plan anew each time
-- (0.06 ms more) to make use of how short the array is; a schema's relations by pg_depend, since pg_class has no index by schema.
create function ${own}.fingerprint() returns text language plpgsql stable
  set enable_seqscan = off set plan_cache_mode = force_generic_plan as $pawl$
declare
  v_rels oid[];
  v_schema oid;
begin
  select s.rels, to_regnamespace(quote_ident(s.name))::oid into v_rels, v_schema from ${own}.tracked_schema s;
  return concat_ws(' ',
    (select sum(a.xmin::text::bigint) from pg_catalog.pg_attribute a where a.attrelid = any (v_rels) and a.attnum > 0),
    (select concat(count(*), ' ', sum(i.xmin::text::bigint)) from pg_catalog.pg_index i
      where i.indrelid = any (v_rels) and i.indisprimary),
    (select concat(count(*), ' ', sum(t.xmin::text::bigint)) from pg_catalog.pg_trigger t where t.tgrelid = any (v_rels)),
    (select concat(count(*), ' ', sum(d.objid::bigint)) from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = v_schema
        and d.classid = 'pg_catalog.pg_class'::regclass));
end $pawl$;

create function ${own}.drift() returns text language plpgsql as $pawl$
declare
  v_fingerprint text := ${own}.fingerprint();
  v_table text;
begin
  if exists (select from ${own}.tracked_schema s where s.fingerprint = v_fingerprint) then
    return null;
  elsif not exists (select from ${own}.tracked_schema) then
    return '(all)';
  end if;
  select coalesce(c.relname::text, t.rel::text) into v_table
    from ${own}.catalog c full join ${own}.tracked t on t.rel::oid = c.rel
    where t.rel is null or c.rel is null or (t.signature <> c.signature and t.kind in ('table', 'partition'))
    limit 1;
  if not found then
    update ${own}.tracked_schema s set fingerprint = v_fingerprint; -- a view came or went
  end if;
  return v_table;
end $pawl$;
comment on function ${own}.drift() is 'A table that changed since the tables were tracked; null: none';

-- Rewritten whenever tables are tracked: a static statement over all sequences is planned once a session.
create function ${own}.sequence_values() returns jsonb language plpgsql stable as $pawl$ begin return null; end $pawl$;

create function ${own}.check_fence(p_fence bigint) returns void language plpgsql as $pawl$
begin
  perform from ${own}.fence where name = 'indexer' and number = p_fence for share;
  if not found then
    raise exception 'another process took the lease over' using errcode = 'PW001';
  end if;
end $pawl$;

create function ${own}.begin_level(p_index int, p_previous bigint, p_level bigint, p_hash text, p_parent_hash text,
  p_timestamp bigint, p_fence bigint, p_journal boolean) returns bigint language plpgsql as $pawl$
declare
  v_hash text;
  v_drift text;
  v_version bigint;
begin
  if p_fence is not null then
    perform ${own}.check_fence(p_fence);
  end if;
  -- This lock is held to the end: transactions of one index run one by one, so that version ids follow commit order.
  select hash into v_hash from ${own}.index where id = p_index and level is not distinct from p_previous for update;
  if not found then
    raise exception 'index % is not at level %', p_index, coalesce(p_previous::text, '(none)') using errcode = 'PW002';
  end if;
  update ${own}.index set level = p_level, hash = p_hash where id = p_index;
  insert into ${own}.block as b (index_id, level, hash, parent_hash, timestamp)
    values (p_index, p_level, p_hash, p_parent_hash, p_timestamp)
    on conflict (index_id, level) do update
    set hash = excluded.hash, parent_hash = excluded.parent_hash, timestamp = excluded.timestamp;
  if not p_journal then
    perform set_config('pawl.version', '', true);
    return null;
  end if;
  v_drift := ${own}.drift();
  if v_drift is not null then
    raise exception 'table % is not journalled as it is now', v_drift using errcode = 'PW003', table = v_drift;
  end if;
  insert into ${own}.version (index_id, previous, previous_hash, level, hash, sequences)
    values (p_index, p_previous, v_hash, p_level, p_hash, ${own}.sequence_values()) returning id into v_version;
  perform set_config('pawl.version', v_version::text, true);
  return v_version;
end $pawl$;

create function ${own}.end_level() returns void language plpgsql as $pawl$
declare
  v_drift text;
begin
  if coalesce(current_setting('pawl.version', true), '') in ('', 'off') then
    return;
  end if;
  -- A tenth of what drift() takes: what this session wrote to the catalogs, kept by it until the transaction has ended and
  -- for up to a second more. Where it wrote nothing, no table was altered.
  if ${CATALOG_WRITES} = 0 and current_setting('track_counts')::boolean then
    return;
  end if;
  v_drift := ${own}.drift();
  if v_drift is not null then
    raise exception 'table % was created, altered or dropped while a level was indexed, which a rollback could not undo', v_drift
      using errcode = 'PW004', table = v_drift, hint = 'Create and alter tables in on_reindex, or while Pawl is stopped.';
  end if;
end $pawl$;

-- Whether a row version that this transaction sees was made by it, its savepoints included.
create function ${own}.is_mine(p_xmin xid) returns boolean language plpgsql as $pawl$
declare
  v_top bigint := pg_current_xact_id()::text::bigint;
  v_ahead bigint := (p_xmin::text::bigint - v_top) & 4294967295;
begin
  if v_ahead = 0 then
    return true;
  elsif v_ahead > 2147483647 then
    return false;
  end if;
  begin
    return pg_xact_status((v_top + v_ahead)::text::xid8) is not distinct from 'in progress';
  exception when invalid_parameter_value then
    return false; -- not a coming xid: a frozen row of before a wraparound
  end;
end $pawl$;

-- Needs superuser or, from PostgreSQL 15, GRANT SET ON PARAMETER session_replication_role.
create function ${own}.suspend_triggers() returns boolean language plpgsql as $pawl$
begin
  perform set_config('session_replication_role', 'replica', true);
  return true;
exception when insufficient_privilege then
  return false;
end $pawl$;

-- Empties a shadow but for what is newer, which is little where much is final at once: 10,000 levels in a tenth of the time.
-- False, and nothing done, where another index has records that old, or a level or revert that runs uses the shadow.
create function ${own}.prune_many(p_shadow text, p_last bigint) returns boolean language plpgsql as $pawl$
declare
  v_own constant text := ${quoteText(own)};
begin
  if exists (select from ${own}.version a join ${own}.version b on b.id <= p_last and b.index_id <> a.index_id
      where a.id = p_last) then
    return false;
  end if;
  begin
    execute format('lock table %s.%I in access exclusive mode nowait', v_own, p_shadow);
  exception when lock_not_available then
    return false;
  end;
  execute format('create temp table pawl_newer on commit drop as select * from %s.%I where version > $1', v_own, p_shadow)
    using p_last;
  execute format('truncate %s.%I', v_own, p_shadow);
  execute format('insert into %s.%I select * from pg_temp.pawl_newer', v_own, p_shadow);
  drop table pg_temp.pawl_newer;
  return true;
end $pawl$;

create function ${own}.prune(p_index int, p_finalized bigint) returns void language plpgsql as $pawl$
declare
  v_own constant text := ${quoteText(own)};
  v_last bigint;
  v_id int;
  v_many boolean;
begin
  update ${own}.index set finalized = p_finalized where id = p_index and coalesce(finalized < p_finalized, true);
  delete from ${own}.block where index_id = p_index
    and level < (select max(b.level) from ${own}.block b where b.index_id = p_index and b.level <= p_finalized);
  select max(id) into v_last from ${own}.version where index_id = p_index and level <= p_finalized;
  if v_last is null then
    return;
  end if;
  select count(*) >= 1000 into v_many from ${own}.version where index_id = p_index and level <= p_finalized;
  for v_id in select id from ${own}.tracked where kind = 'table' loop
    if not (v_many and ${own}.prune_many('journal_' || v_id, v_last)) then
      execute format('delete from %1$s.%2$I s using %1$s.version v
        where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3', v_own, 'journal_' || v_id)
        using v_last, p_index, p_finalized;
    end if;
    perform brin_summarize_new_values(format('%s.%I', v_own, 'journal_' || v_id || '_version')::regclass);
  end loop;
  delete from ${own}.version where index_id = p_index and level <= p_finalized;
end $pawl$;
`
