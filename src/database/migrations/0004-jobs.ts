/**
 * The jobs: one row each, that survives restarts. `own` is the quoted name of Pawl's own schema.
 */
export const jobs = (own: string): string => `
create table ${own}.job (
  name text primary key,
  hook text not null,
  schedule text not null,
  anchor timestamptz not null,
  accounted timestamptz not null,
  last_fire_time timestamptz,
  next_fire_time timestamptz,
  fired bigint not null default 0,
  coalesced bigint not null default 0,
  missed bigint not null default 0,
  skipped bigint not null default 0,
  failed bigint not null default 0,
  last_error text,
  paused boolean not null default false,
  retired_at timestamptz
);
comment on table ${own}.job is 'Each job: its schedule, how far its fire times are accounted for, and what became of them';
comment on column ${own}.job.anchor is 'Since when this schedule is known: intervals count from here, and nothing before it is ever due';
comment on column ${own}.job.accounted is 'Every fire time up to here was fired, coalesced, missed or skipped; later ones that have passed are due at the next start';
comment on column ${own}.job.retired_at is 'When the job was found gone from the config';
`
