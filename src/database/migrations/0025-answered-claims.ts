/**
 * Claims and records that say more: a claim whose answer was lost may be asked again, jobs that were taken out are not claimed, and who
 * begins a firing hears whether it is still his. Still row by row, by primary keys, and a firing's log is what it was.
 */
export const answeredClaims = (own: string): string => `
create or replace function ${own}.claim_runs(p_claims json, p_owner uuid)
returns table (name text, was timestamptz, fire_time timestamptz) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
#variable_conflict use_variable
declare
  v_claim record;
begin
  -- The rows are locked in one order: what was accounted for is read under the lock.
  for v_claim in select * from json_to_recordset(p_claims) as given (
    job text, until timestamptz, next timestamptz, "fireTime" timestamptz, "fireTimes" int, begun boolean, again boolean)
    order by job, "fireTime"
  loop
    if name is distinct from v_claim.job then
      name := v_claim.job;
      was := null;
      select job.accounted into was from ${own}.job
      where job.name = v_claim.job and job.retired_at is null and not job.removed for update;
    end if;
    -- It was taken out elsewhere.
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
    -- The first time its answer was lost: what it took then, and has not gone to another since, is the answer now.
    if v_claim.again and fire_time is null then
      select run.fire_time into fire_time from ${own}.job_run run
      where run.job = v_claim.job and run.fire_time = v_claim."fireTime" and run.owner = p_owner
        and run.status in ('due', 'running') and not run.by_hand;
    end if;
    return next;
  end loop;
end $pawl$;

drop function ${own}.write_runs(json, json, uuid);
create function ${own}.write_runs(p_runs json, p_counts json, p_owner uuid)
returns table (left_job text, left_fire_time timestamptz) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
declare
  v_run record;
begin
  for v_run in select * from json_to_recordset(p_runs) as given (
    job text, "fireTime" timestamptz, status text, attempt int, "fireTimes" int, "byHand" boolean, owner uuid,
    "retryAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz, error text)
  loop
    -- Nearly all have a row: their claim made it. None begins twice: one that another process had meanwhile may have come back.
    update ${own}.job_run run set
      status = v_run.status, attempt = v_run.attempt, fire_times = v_run."fireTimes", owner = v_run.owner, retry_at = v_run."retryAt",
      started_at = coalesce(v_run."startedAt", run.started_at), finished_at = v_run."finishedAt", error = v_run.error
    where run.job = v_run.job and run.fire_time = v_run."fireTime" and run.owner = p_owner
      and (v_run.status <> 'running' or run.attempt < v_run.attempt or (run.status = 'due' and run.attempt = v_run.attempt)
        or (run.status = 'running' and run.started_at = v_run."startedAt"));
    if not found then
      -- One that another process took over is left alone.
      insert into ${own}.job_run
        (job, fire_time, status, attempt, fire_times, by_hand, owner, retry_at, started_at, finished_at, error)
      values (v_run.job, v_run."fireTime", v_run.status, v_run.attempt, v_run."fireTimes", v_run."byHand", v_run.owner,
        v_run."retryAt", v_run."startedAt", v_run."finishedAt", v_run.error)
      on conflict (job, fire_time) do nothing;
      if not found then
        left_job := v_run.job;
        left_fire_time := v_run."fireTime";
        return next;
      end if;
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
comment on function ${own}.write_runs(json, json, uuid)
  is 'What runs came to; the counts of their jobs. Returns the runs that were left alone: another process has them';
`
