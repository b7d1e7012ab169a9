/** Of all schemas in all databases of a server, with the schema's and the hook's name; the number is arbitrary. */
const LOCK = 7_238_003

/**
 * What each durable firing notes, as functions: their statements are planned once a session. Sent as they are, they would be planned
 * each time – with arrays PostgreSQL takes a plan of its own for each call to be the cheaper one – for 0.6 of 1.7 ms.
 *
 * A plan that is made once must be right however many wait: by the primary key and nothing else. So no sequential scan, and no
 * condition by which the index of what waits could be taken, which is read as a whole.
 */
export const firingNotes = (own: string): string => `
create function ${own}.finish_firings(p_ids text[], p_process uuid) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
begin
  -- What nobody needs to know any more goes; what has a key, or may have to be undone, stays. One that was locked without a worker is
  -- locked; one of another worker is that one's.
  delete from ${own}.firing
  where id = any (p_ids) and (worker is null or worker = p_process) and state in ('queued', 'running')
    and (reverting or key is null and not (reversible and (orphaned or level is not null)));
  -- One whose level left the chain while it ran is queued for its compensation.
  update ${own}.firing set
    state = case when orphaned and reversible then 'queued' else 'done' end,
    reverting = orphaned and reversible,
    key = case when orphaned and reversible then null else key end,
    attempts = case when orphaned and reversible then 0 else attempts end,
    orphaned = false, error = null, ended_at = now(), worker = null
  where id = any (p_ids) and (worker is null or worker = p_process) and state in ('queued', 'running');
end $pawl$;
comment on function ${own}.finish_firings(text[], uuid) is 'These have run';

create function ${own}.note_firings(p_ends text[], p_begins json, p_process uuid) returns setof text language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
declare
  v_begin record;
begin
  if cardinality(p_ends) > 0 then
    perform ${own}.finish_firings(p_ends, p_process);
  end if;
  -- One by one: a join would be planned for a hundred.
  for v_begin in select * from json_to_recordset(p_begins) as wanted (id text, reverting boolean, claimed boolean) loop
    -- Not what it was when it was read: a reorg has asked for its compensation since.
    update ${own}.firing f set state = 'running', begun = true, attempts = attempts + 1, worker = p_process
    where f.id = v_begin.id and case
      when f.state <> 'queued' or f.reverting <> v_begin.reverting then false
      when v_begin.claimed then f.worker = p_process
      else f.worker is null and exists (select from ${own}.lane where lane.hook = f.hook and lane.process = p_process) end;
    if found then
      return next v_begin.id;
    end if;
  end loop;
end $pawl$;
comment on function ${own}.note_firings(text[], json, uuid) is 'Some have run, others begin; the ids of those that may';

create function ${own}.take_firings(p_ends text[], p_hook text, p_wanted int, p_most int, p_due_by timestamptz, p_begin boolean,
  p_process uuid, p_lock text) returns setof ${own}.firing language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
declare
  -- A message comes by the database's clock; a firing's time is by that of the process.
  v_due_by timestamptz := greatest(p_due_by, clock_timestamp());
  v_free int;
  v_next record;
  v_firing ${own}.firing;
begin
  if cardinality(p_ends) > 0 then
    perform ${own}.finish_firings(p_ends, p_process);
  end if;
  if p_wanted = 0 then
    return;
  end if;
  -- A claim that a crash of the server undoes is nobody's again, as it should be: only what has run, or begins to, has to last.
  if not p_begin and cardinality(p_ends) = 0 then
    perform set_config('synchronous_commit', 'off', true);
  end if;
  -- What is counted must not change meanwhile. The next statement sees what those did that it waited for.
  perform pg_advisory_xact_lock(${LOCK}, hashtext(p_lock));
  select least(p_wanted, p_most - count(*)) into v_free from ${own}.firing where worker is not null and hook = p_hook;
  if v_free <= 0 or exists (select from ${own}.lane where hook = p_hook)
    or not exists (select from ${own}.process where id = p_process) then
    return;
  end if;
  -- Of a hook that runs one at a time, the first or none: also where it is locked.
  if p_most = 1 then
    for v_next in
      select f.id, f.due_at from ${own}.firing f left join ${own}.index i on i.id = f.index_id
      where f.hook = p_hook and f.state = 'queued' and f.worker is null
        and (f.level is null or i.level >= f.level + f.confirmations)
      order by f.seq limit 1 for update of f
    loop
      if v_next.due_at <= v_due_by then
        v_firing := ${own}.take_firing(v_next.id, p_process, p_begin);
        return next v_firing;
      end if;
    end loop;
    return;
  end if;
  for v_next in
    select f.id from ${own}.firing f left join ${own}.index i on i.id = f.index_id
    where f.hook = p_hook and f.state = 'queued' and f.worker is null and f.due_at <= v_due_by
      and (f.level is null or i.level >= f.level + f.confirmations)
    order by f.seq limit v_free for update of f skip locked
  loop
    v_firing := ${own}.take_firing(v_next.id, p_process, p_begin);
    return next v_firing;
  end loop;
end $pawl$;
comment on function ${own}.take_firings(text[], text, int, int, timestamptz, boolean, uuid, text) is
  'Some have run; the next of a hook that may, as many as are wanted, in their order';

create function ${own}.take_firing(p_id text, p_process uuid, p_begin boolean) returns ${own}.firing language plpgsql as $pawl$
declare
  v_firing ${own}.firing;
begin
  update ${own}.firing set worker = p_process, begun = begun or p_begin, attempts = attempts + p_begin::int,
    state = case when p_begin then 'running' else state end
  where id = p_id returning * into v_firing;
  return v_firing;
end $pawl$;
`
