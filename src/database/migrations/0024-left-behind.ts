/** What a process that died leaves behind says how far it came. */
export const leftBehind = (own: string): string => `
-- The run of a job whose firing is on the queue has done its part, also where its process died before it could say so: queued again,
-- the firing would run twice, for it is forgotten once it has run.
alter table ${own}.job_run add column queued boolean not null default false;
comment on column ${own}.job_run.queued is 'Its durable firing was queued, in the same transaction as this was noted';

-- A firing of an atomic hook notes no begin, so a run that ends its process is not counted. The runs after it are.
alter table ${own}.firing add column left_behind boolean not null default false;
comment on column ${own}.firing.left_behind is 'A process had it and died. Whether it ran then is unknown, and each run is counted before it begins';
`
