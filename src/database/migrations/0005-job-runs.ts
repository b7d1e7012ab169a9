/**
 * What jobs are changed to at run time, and their firings. `own` is the quoted name of Pawl's own schema.
 */
export const jobRuns = (own: string): string => `
alter table ${own}.job
  add column configured text,
  add column configured_paused boolean not null default false,
  add column definition jsonb,
  add column rescheduled jsonb,
  add column temporary boolean not null default false,
  add column removed boolean not null default false,
  add column retried bigint not null default 0;
update ${own}.job set configured = schedule;
comment on column ${own}.job.configured is 'The schedule of the config: what was changed by hand holds until this changes. Null: added at run time';
comment on column ${own}.job.definition is 'Of a job that was added at run time';
comment on column ${own}.job.rescheduled is 'The trigger that it was given at run time';

create table ${own}.job_run (
  job text not null,
  fire_time timestamptz not null,
  status text not null,
  attempt int not null default 1,
  fire_times int not null default 1,
  by_hand boolean not null default false,
  owner uuid,
  retry_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  error text,
  primary key (job, fire_time)
);
create index on ${own}.job_run (owner) where status in ('due', 'running');
create index on ${own}.job_run (finished_at);
comment on table ${own}.job_run is 'Each firing of a job: one row a fire time, so that no two processes fire it';
comment on column ${own}.job_run.status is 'due, running, succeeded, failed, missed, skipped, or lost with its process';

create table ${own}.job_runner (
  id uuid primary key,
  pid int not null,
  machine text,
  expires_at timestamptz not null
);
comment on table ${own}.job_runner is 'The processes that fire jobs, by their heartbeat: the firings of one that is not here are left behind';
`
