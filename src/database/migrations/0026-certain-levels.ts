const CATALOG_WRITES = ['pg_attribute', 'pg_index', 'pg_trigger', 'pg_depend']
  .flatMap((catalog) =>
    ['inserted', 'updated', 'deleted'].map(
      (what) => `pg_stat_get_xact_tuples_${what}('pg_catalog.${catalog}'::regclass)`,
    ),
  )
  .join('\n    + ')

/** Relations that are not as they were tracked: of `catalog c full join tracked t`. */
const DRIFTED = `(t.rel is null or c.rel is null or t.name is distinct from c.relname::text
      or t.signature <> c.signature and t.kind in ('table', 'partition'))`

/**
 * A level is whole, or it fails: what its handler did to the transaction or its settings is noticed when it ends, and so is what
 * another session did to a table between the level's begin and its first write to it. A table or sequence that is renamed has drifted.
 *
 * `PW005` the level's transaction is not the one that it began with, or has lost its settings.
 */
export const certainLevels = (own: string): string => `
alter table ${own}.tracked add column name text, add column width int;
comment on column ${own}.tracked.name is 'Its name when it was tracked; null: tracked by an older version';
comment on column ${own}.tracked.width is 'How many columns it had had by then, dropped ones, too';
update ${own}.tracked_schema set fingerprint = null;

create or replace view ${own}.catalog as
select c.oid as rel, c.relname, case when c.relkind = 'S' then '' else concat_ws(' ',
  (select sum(a.xmin::text::bigint) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0),
  (select sum(i.xmin::text::bigint) from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary),
  (select concat(count(*), ' ', sum(t.xmin::text::bigint)) from pg_catalog.pg_trigger t where t.tgrelid = c.oid)) end as signature,
  c.relnatts::int as width
from pg_catalog.pg_class c
where c.relkind in ('r', 'p', 'f', 'S')
  and c.relnamespace = any (array(select to_regnamespace(quote_ident(s.name))::oid from ${own}.tracked_schema s));

-- As before, and by their names: each with its oid, for two tables may exchange theirs.
create or replace function ${own}.fingerprint() returns text language plpgsql stable
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
    (select concat(count(*), ' ', sum(d.objid::bigint), ' ', sum(
        (select hashtextextended(c.relname::text, c.oid::bigint) from pg_catalog.pg_class c where c.oid = d.objid)))
      from pg_catalog.pg_depend d
      where d.refclassid = 'pg_catalog.pg_namespace'::regclass and d.refobjid = v_schema
        and d.classid = 'pg_catalog.pg_class'::regclass));
end $pawl$;

create or replace function ${own}.drift() returns text language plpgsql as $pawl$
declare
  v_fingerprint text := ${own}.fingerprint();
  v_table text;
begin
  if exists (select from ${own}.tracked_schema s where s.fingerprint = v_fingerprint) then
    return null;
  elsif not exists (select from ${own}.tracked_schema) then
    return '(all)';
  end if;
  select coalesce(c.relname::text, t.name, t.rel::text) into v_table
    from ${own}.catalog c full join ${own}.tracked t on t.rel::oid = c.rel where ${DRIFTED} limit 1;
  if not found then
    update ${own}.tracked_schema s set fingerprint = v_fingerprint; -- a view came or went
  end if;
  return v_table;
end $pawl$;

create or replace function ${own}.begin_level(p_index int, p_previous bigint, p_level bigint, p_hash text, p_parent_hash text,
  p_timestamp bigint, p_fence bigint, p_journal boolean) returns bigint language plpgsql as $pawl$
declare
  v_hash text;
  v_drift text;
  v_version bigint;
  v_xid xid8;
  v_snapshot pg_snapshot;
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
    perform set_config('pawl.version', '', true), set_config('pawl.level', 'final', true);
    return null;
  end if;
  v_xid := pg_current_xact_id();
  -- Before the look at the catalogs: what had not ended then may be altering a table, and the next level has to look again.
  v_snapshot := pg_current_snapshot();
  if not ${own}.follows_level(v_xid, v_snapshot) then
    v_drift := ${own}.drift();
    if v_drift is not null then
      raise exception 'table % is not journalled as it is now', v_drift using errcode = 'PW003', table = v_drift;
    end if;
  end if;
  insert into ${own}.version (index_id, previous, previous_hash, level, hash, sequences, xid, snapshot)
    values (p_index, p_previous, v_hash, p_level, p_hash, ${own}.sequence_values(), v_xid, v_snapshot) returning id into v_version;
  -- The second is for end_level alone: gone where a statement of the handler ended this transaction or its settings.
  perform set_config('pawl.version', v_version::text, true),
    set_config('pawl.level', concat(v_version, ' ', v_snapshot), true);
  return v_version;
end $pawl$;

create or replace function ${own}.end_level() returns void language plpgsql as $pawl$
declare
  v_level constant text := coalesce(current_setting('pawl.level', true), '');
  v_version constant text := case v_level when 'final' then '' else split_part(v_level, ' ', 1) end;
  v_wrote boolean;
  v_altered boolean;
  v_table text;
begin
  -- What was written since would not be journalled. Outside of a transaction a session is read-only.
  if v_level = '' or coalesce(current_setting('pawl.version', true), '') <> v_version then
    raise exception 'the level cannot be ended: its transaction was, by a COMMIT or ROLLBACK among its own statements, or lost its settings by RESET ALL'
      using errcode = case when current_setting('transaction_read_only')::boolean then '25P01' else 'PW005' end,
        hint = 'Leave BEGIN, COMMIT, ROLLBACK and RESET ALL to Pawl.';
  end if;
  if v_level = 'final' then
    return;
  end if;
  -- A tenth of what drift() takes: what this session wrote to the catalogs, kept by it until the transaction has ended and
  -- for up to a second more. Where it wrote nothing, and no transaction has ended since the level's look at the catalogs, no table was
  -- altered.
  v_wrote := not current_setting('track_counts')::boolean
    or ${CATALOG_WRITES} > 0;
  if not v_wrote and pg_current_snapshot()::text = split_part(v_level, ' ', 2) then
    return;
  end if;
  if ${own}.drift() is null then
    return;
  end if;
  -- Locks are kept to the end. What this level did not write to is the next one's concern.
  select coalesce(c.relname::text, t.name, t.rel::text), l.altered into v_table, v_altered
    from ${own}.catalog c full join ${own}.tracked t on t.rel::oid = c.rel
    join (select relation, bool_or(mode <> 'RowExclusiveLock') as altered from pg_catalog.pg_locks
      where pid = pg_backend_pid() and locktype = 'relation' and mode not in ('AccessShareLock', 'RowShareLock')
        and database = (select oid from pg_catalog.pg_database where datname = current_database())
      group by relation) l on l.relation = coalesce(c.rel, t.rel::oid)
    where ${DRIFTED} order by l.altered desc limit 1;
  if not found then
    return;
  elsif v_wrote and v_altered then
    raise exception 'table % was created, altered or dropped while a level was indexed, which a rollback could not undo', v_table
      using errcode = 'PW004', table = v_table, hint = 'Create and alter tables in on_reindex, or while Pawl is stopped.';
  end if;
  raise exception 'table % was created or altered by another session while a level wrote to it', v_table
    using errcode = 'PW003', table = v_table;
end $pawl$;
`
