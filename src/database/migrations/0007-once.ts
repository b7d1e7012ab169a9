/** What `ctx.once` has run; and ids of durable firings that whoever fires them from outside may choose. */
export const once = (own: string): string => `
create table ${own}.once (
  key text primary key,
  index_id int references ${own}.index (id) on delete set null,
  level bigint,
  ran_at timestamptz not null default now()
);
comment on table ${own}.once is 'Keys of ctx.once that have run on this database';
comment on column ${own}.once.level is 'Of the block whose transaction it ran in: it goes when that leaves the chain';
create index once_level on ${own}.once (index_id, level) where level is not null;

alter table ${own}.firing alter column id type text;
`
