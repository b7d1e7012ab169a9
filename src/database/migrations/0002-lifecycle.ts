/** What the lifecycle remembers, and who may write. */
export const lifecycle = (own: string): string => `
create table ${own}.lifecycle (
  key text primary key,
  value jsonb not null,
  at timestamptz not null default now()
);
comment on table ${own}.lifecycle is 'What was done once: reindexed';

create table ${own}.lease (
  name text primary key,
  holder text not null,
  pid int not null,
  machine text,
  expires_at timestamptz not null
);
comment on table ${own}.lease is 'Who works on this schema, by the database''s clock';
comment on column ${own}.lease.machine is 'Where pid means something: a process of the same machine sees when it is gone';

-- Apart from the lease: the transactions of levels lock this row, and the heartbeat must not wait for them.
create table ${own}.fence (
  name text primary key,
  number bigint not null
);
comment on table ${own}.fence is 'Rises with each holder; a transaction under an older number fails';
`
