import { quoteText } from '../journal-ddl.ts'

/**
 * What each write pays for the journal: no index while a shadow is small. One of ranges costs a statement of one row 2 to 3 µs of 10,
 * and what it finds in 4 MB is read in 3 ms without.
 */
export const lighterJournal = (own: string): string => `
-- Gives a large shadow its index, and brings that up to date: rows that came since it was last are read whenever anything is looked up.
-- Waits for nobody: where a level writes the shadow at this moment, the next call makes the index.
create function ${own}.tend_shadow(p_id int) returns void language plpgsql as $pawl$
declare
  v_shadow constant text := format('%s.%I', ${quoteText(own)}, 'journal_' || p_id);
  v_index constant text := v_shadow || '_version';
begin
  if pg_relation_size(to_regclass(v_shadow)) < 4000000 then
    return;
  end if;
  if to_regclass(v_index) is not null then
    perform brin_summarize_new_values(v_index::regclass);
    return;
  end if;
  begin
    execute format('lock table %s in share mode nowait', v_shadow);
  exception when lock_not_available or undefined_table then
    return;
  end;
  execute format('create index %I on %s using brin (version) with (pages_per_range = 16)', 'journal_' || p_id || '_version', v_shadow);
end $pawl$;

do $pawl$
declare
  v_own constant text := ${quoteText(own)};
  v_id int;
begin
  for v_id in select id from ${own}.tracked where kind = 'table' loop
    if pg_relation_size(to_regclass(format('%s.%I', v_own, 'journal_' || v_id))) < 4000000 then
      execute format('drop index if exists %s.%I', v_own, 'journal_' || v_id || '_version');
    end if;
  end loop;
end $pawl$;

drop function ${own}.keep_rest(text, int, bigint, bigint);

-- Empties a shadow but for what stays, which is little where much goes, and takes its index off. False, and nothing done, where a level
-- or a revert of another index uses it now. What is newer is found by the index, which the planner would not take for a table that
-- it has no statistics of.
create function ${own}.keep_rest(p_id int, p_index int, p_last bigint, p_finalized bigint) returns boolean language plpgsql
set enable_seqscan = off set jit = off as $pawl$
declare
  v_own constant text := ${quoteText(own)};
  v_shadow constant text := format('%s.%I', v_own, 'journal_' || p_id);
begin
  begin
    execute format('lock table %s in access exclusive mode nowait', v_shadow);
  exception when lock_not_available then
    return false;
  end;
  execute format('create temp table pawl_rest on commit drop as select s.* from %1$s s where s.version > $1', v_shadow)
    using p_last;
  if exists (select from ${own}.version v where v.id <= p_last and not (v.index_id = p_index and v.level <= p_finalized)) then
    execute format('insert into pg_temp.pawl_rest select s.* from %1$s s where s.version <= $1
      and s.version in (select v.id from %2$s.version v where v.id <= $1 and not (v.index_id = $2 and v.level <= $3))', v_shadow, v_own)
      using p_last, p_index, p_finalized;
  end if;
  execute format('drop index if exists %s_version', v_shadow);
  execute format('truncate %s', v_shadow);
  execute format('insert into %s select * from pg_temp.pawl_rest', v_shadow);
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
  select max(id) filter (where index_id = p_index and level <= p_finalized),
      count(*) > 100 and count(*) filter (where index_id = p_index and level <= p_finalized) > count(*) / 2 into v_last, v_many
    from ${own}.version;
  if v_last is null then
    return;
  end if;
  for v_id in select id from ${own}.tracked where kind = 'table' loop
    -- A few pages are sooner emptied row by row.
    if not (v_many and pg_relation_size(format('%s.%I', v_own, 'journal_' || v_id)) > 100000
        and ${own}.keep_rest(v_id, p_index, v_last, p_finalized)) then
      execute format('delete from %1$s.%2$I s using %1$s.version v
        where v.id = s.version and s.version <= $1 and v.index_id = $2 and v.level <= $3', v_own, 'journal_' || v_id)
        using v_last, p_index, p_finalized;
    end if;
  end loop;
  delete from ${own}.version where index_id = p_index and level <= p_finalized;
end $pawl$;
`
