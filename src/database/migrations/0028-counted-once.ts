/**
 * What runs came to is counted once, also where the answer was lost and it is written again; and since when a process fires jobs, so that
 * another that starts beside it knows what nobody was there to fire.
 */
export const countedOnce = (own: string): string => `
alter table ${own}.process add column jobs_since timestamptz;
comment on column ${own}.process.jobs_since is 'Since when it fires jobs, by its own clock; null: it does not';

create table ${own}.job_writer (
  writer uuid primary key,
  batch bigint not null,
  written_at timestamptz not null
);
comment on table ${own}.job_writer is 'The last batch of counts that each writer of runs has written: it is not written twice';

drop function ${own}.write_runs(json, json, uuid);
create function ${own}.write_runs(p_runs json, p_counts json, p_owner uuid, p_writer uuid, p_batch bigint)
returns table (left_job text, left_fire_time timestamptz) language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $pawl$
declare
  v_run record;
begin
  -- What is the same when it is written again has no number.
  if p_batch is not null then
    insert into ${own}.job_writer as known (writer, batch, written_at) values (p_writer, p_batch, clock_timestamp())
    on conflict (writer) do update set batch = excluded.batch, written_at = excluded.written_at
      where known.batch < excluded.batch;
    if not found then
      return;
    end if;
  end if;
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
comment on function ${own}.write_runs(json, json, uuid, uuid, bigint)
  is 'What runs came to; the counts of their jobs. Returns the runs that were left alone: another process has them';
`
