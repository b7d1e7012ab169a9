/** The processes that share the database, and who of them runs which durable firings. */
export const processes = (own: string): string => `
drop table ${own}.job_runner;
create table ${own}.process (
  id uuid primary key,
  name text not null,
  pid int not null,
  machine text,
  sessions text not null,
  version text not null,
  roles text[] not null,
  hooks text[] not null,
  indexes text[] not null,
  draining boolean not null default false,
  started_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
comment on table ${own}.process is 'The processes at work, by their heartbeat: the jobs'' runs and the firings of one that is not here are left behind';
comment on column ${own}.process.sessions is 'application_name of its sessions, which are ended when it is given up';
comment on column ${own}.process.hooks is 'Whose durable firings it can run';
comment on column ${own}.process.draining is 'It ends, and begins nothing more';

create table ${own}.lane (
  hook text not null,
  process uuid not null references ${own}.process (id) on delete cascade,
  slots int not null check (slots > 0),
  primary key (hook, process)
);
create index lane_process on ${own}.lane (process);
comment on table ${own}.lane is 'How many durable firings of a hook a process may run at a time; all of them together: maxConcurrency';

alter table ${own}.firing add column worker uuid;
create index firing_worker on ${own}.firing (worker) where worker is not null;
comment on column ${own}.firing.worker is 'The process that has it, or runs it. When that is gone, the firing is anybody''s again';
`
