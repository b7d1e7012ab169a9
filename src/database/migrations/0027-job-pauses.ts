/** Since when jobs are paused, and whose temporary ones are. `own` is the quoted name of Pawl's own schema. */
export const jobPauses = (own: string): string => `
alter table ${own}.job
  add column paused_at timestamptz,
  add column pauses tstzmultirange not null default '{}',
  add column temporary_of uuid;
-- When, nobody wrote down. As before: nothing that passed is due.
update ${own}.job set paused_at = accounted where paused;
comment on column ${own}.job.paused_at is 'Since when it is paused, if it is';
comment on column ${own}.job.pauses is 'Times at which it was paused, as far as its fire times are not accounted for: none of these is due';
comment on column ${own}.job.temporary_of is 'The process that added it for as long as that lives';
`
