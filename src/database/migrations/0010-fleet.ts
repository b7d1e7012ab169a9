/** What the processes of a fleet know of each other's indexes. */
export const fleet = (own: string): string => `
alter table ${own}.index add column synchronized boolean not null default false;
comment on column ${own}.index.synchronized is 'It was at its head when the process that follows it last told';
`
