/**
 * What each firing of a job writes, again: three quarters of the log it was (1,220 → 890 bytes). A firing that begins counts with its
 * claim, so that its job's row is written once, and only one that has ended is in the index by that.
 *
 * Row by row, by primary keys: with a thousand at once a join would be planned for one, and take a second; planned when there were no
 * firings yet, it would read all of them ever after.
 */
export const lighterFirings = (own: string): string => `
drop index ${own}.job_run_finished_at_idx;
create index job_run_finished_at_idx on ${own}.job_run (finished_at) where finished_at is not null;

drop function ${own}.claim_runs(json, json, uuid);
create function ${own}.claim_runs(p_claims json, p_owner uuid)
returns table (name text, was timestamptz, fire_time timestamptz) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
#variable_conflict use_variable
declare
  v_claim record;
begin
  -- The rows are locked in one order: what was accounted for is read under the lock.
  for v_claim in select * from json_to_recordset(p_claims) as given (
    job text, until timestamptz, next timestamptz, "fireTime" timestamptz, "fireTimes" int, begun boolean)
    order by job, "fireTime"
  loop
    if name is distinct from v_claim.job then
      name := v_claim.job;
      was := null;
      select job.accounted into was from ${own}.job where job.name = v_claim.job for update;
    end if;
    -- It was retired elsewhere.
    continue when was is null;
    fire_time := null;
    if v_claim."fireTime" > was then
      insert into ${own}.job_run (job, fire_time, status, fire_times, owner)
      values (v_claim.job, v_claim."fireTime", case when v_claim.begun then 'running' else 'due' end, v_claim."fireTimes", p_owner)
      on conflict do nothing returning job_run.fire_time into fire_time;
    end if;
    update ${own}.job set
      accounted = greatest(job.accounted, v_claim.until), next_fire_time = v_claim.next,
      fired = job.fired + case when v_claim.begun and fire_time is not null then 1 else 0 end,
      last_fire_time = case when v_claim.begun then coalesce(fire_time, job.last_fire_time) else job.last_fire_time end
    where job.name = v_claim.job;
    return next;
  end loop;
end $pawl$;
comment on function ${own}.claim_runs(json, uuid) is 'Fire times have come: those that nobody else has are the owner''s';

create or replace function ${own}.write_runs(p_runs json, p_counts json, p_owner uuid) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
declare
  v_run record;
begin
  for v_run in select * from json_to_recordset(p_runs) as given (
    job text, "fireTime" timestamptz, status text, attempt int, "fireTimes" int, "byHand" boolean, owner uuid,
    "retryAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz, error text)
  loop
    -- Nearly all have a row: their claim made it.
    update ${own}.job_run run set
      status = v_run.status, attempt = v_run.attempt, fire_times = v_run."fireTimes", owner = v_run.owner, retry_at = v_run."retryAt",
      started_at = coalesce(v_run."startedAt", run.started_at), finished_at = v_run."finishedAt", error = v_run.error
    where run.job = v_run.job and run.fire_time = v_run."fireTime" and run.owner = p_owner;
    if not found then
      -- One that another process took over is left alone.
      insert into ${own}.job_run
        (job, fire_time, status, attempt, fire_times, by_hand, owner, retry_at, started_at, finished_at, error)
      values (v_run.job, v_run."fireTime", v_run.status, v_run.attempt, v_run."fireTimes", v_run."byHand", v_run.owner,
        v_run."retryAt", v_run."startedAt", v_run."finishedAt", v_run.error)
      on conflict (job, fire_time) do nothing;
    end if;
  end loop;
  if json_array_length(p_counts) > 0 then
    with held as (
      select given.* from json_to_recordset(p_counts) as given (
        name text, fired bigint, coalesced bigint, missed bigint, skipped bigint, failed bigint, retried bigint,
        "lastFireTime" timestamptz, "lastError" text)
      join ${own}.job on job.name = given.name
      order by job.name for update of job)
    update ${own}.job set
      fired = job.fired + coalesce(held.fired, 0), coalesced = job.coalesced + coalesce(held.coalesced, 0),
      missed = job.missed + coalesce(held.missed, 0), skipped = job.skipped + coalesce(held.skipped, 0),
      failed = job.failed + coalesce(held.failed, 0), retried = job.retried + coalesce(held.retried, 0),
      last_fire_time = coalesce(held."lastFireTime", job.last_fire_time),
      last_error = coalesce(held."lastError", job.last_error)
    from held where job.name = held.name;
  end if;
end $pawl$;
`
