/** Of an executor: under which names the processes hold its messages. */
export const receivers = (own: string): string => `
create table ${own}.receiver (
  id text primary key,
  process uuid not null
);
comment on table ${own}.receiver is 'Under which names the processes hold messages of an executor, such as graphile-worker''s pools';
comment on column ${own}.receiver.process is 'When that is gone, what it held is let go';
`
