/** A standby sees at once when its process is gone; a level costs less. */
export const leaseSession = (own: string): string => `
alter table ${own}.lease add column session text;
comment on column ${own}.lease.session is 'The heartbeat''s backend: who waits sees at once when its process is gone. Null: not known';

-- Rows of the indexes stay, and each level would pay for the check.
alter table ${own}.version drop constraint version_index_id_fkey;
`
