import { quoteText } from '../journal-ddl.ts'

/**
 * What the journal costs beside the rows of a level: `begin_level` looks at the catalogs only where something else ran since the
 * last level; pruning copies what stays where more goes; a revert needs no temporary tables.
 */
export const journalCosts = (own: string): string => `
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
    perform set_config('pawl.version', '', true);
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
  perform set_config('pawl.version', v_version::text, true);
  return v_version;
end $pawl$;

-- Has nothing ended between the last journalled level's look at the catalogs and now but that level itself? Whoever alters a table
-- has a number: there is none between the two, none that is older ran beside the last one, and none that is newer has ended. The
-- look takes 50 µs and more, by the number of tables; this one 5 µs.
create function ${own}.follows_level(p_xid xid8, p_snapshot pg_snapshot) returns boolean language plpgsql as $pawl$
declare
  v_xid xid8;
  v_snapshot pg_snapshot;
begin
  if pg_snapshot_xmax(p_snapshot) > p_xid then
    return false;
  end if;
  select xid, snapshot into v_xid, v_snapshot from ${own}.version order by id desc limit 1;
  return found and v_xid::text::bigint + 1 = p_xid::text::bigint and pg_snapshot_xmin(v_snapshot) = v_xid;
end $pawl$;

drop function ${own}.prune_many(text, bigint);

-- Empties a shadow but for what stays, which is little where much goes. False, and nothing done, where a level or a revert of another
-- index uses it now.
create function ${own}.keep_rest(p_shadow text, p_index int, p_last bigint, p_finalized bigint) returns boolean language plpgsql as $pawl$
declare
  v_own constant text := ${quoteText(own)};
begin
  begin
    execute format('lock table %s.%I in access exclusive mode nowait', v_own, p_shadow);
  exception when lock_not_available then
    return false;
  end;
  execute format('create temp table pawl_rest on commit drop as select s.* from %1$s.%2$I s where s.version > $1
    or s.version in (select v.id from %1$s.version v where v.id <= $1 and not (v.index_id = $2 and v.level <= $3))', v_own, p_shadow)
    using p_last, p_index, p_finalized;
  execute format('truncate %s.%I', v_own, p_shadow);
  execute format('insert into %s.%I select * from pg_temp.pawl_rest', v_own, p_shadow);
  drop table pg_temp.pawl_rest;
  return true;
end $pawl$;

create or replace function ${own}.prune(p_index int, p_finalized bigint) returns void language plpgsql as $pawl$
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
  select count(*) > 100 and count(*) filter (where index_id = p_index and level <= p_finalized) > count(*) / 2 into v_many
    from ${own}.version;
  for v_id in select id from ${own}.tracked where kind = 'table' loop
    -- A few pages are sooner emptied row by row.
    if not (v_many and pg_relation_size(format('%s.%I', v_own, 'journal_' || v_id)) > 100000
        and ${own}.keep_rest('journal_' || v_id, p_index, v_last, p_finalized)) then
      execute format('delete from %1$s.%2$I s using %1$s.version v
        where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3', v_own, 'journal_' || v_id)
        using v_last, p_index, p_finalized;
    end if;
    perform brin_summarize_new_values(format('%s.%I', v_own, 'journal_' || v_id || '_version')::regclass);
  end loop;
  delete from ${own}.version where index_id = p_index and level <= p_finalized;
end $pawl$;

-- Where reverts keep the first records of rows: one beside each shadow, made with it from now on.
do $pawl$
declare
  v_own constant text := ${quoteText(own)};
  v_id int;
begin
  for v_id in select id from ${own}.tracked where kind = 'table' loop
    execute format('create table %1$s.%2$I (like %1$s.%3$I)
      with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)', v_own, 'reverting_' || v_id, 'journal_' || v_id);
  end loop;
end $pawl$;
`
