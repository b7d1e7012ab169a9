/** The durable queue: firings of hooks that nobody waits for. */
export const firings = (own: string): string => `
create table ${own}.firing (
  id uuid primary key,
  seq bigint generated always as identity,
  hook text not null,
  args jsonb not null,
  origin jsonb not null,
  key text,
  index_id int references ${own}.index (id) on delete set null,
  level bigint,
  confirmations int not null,
  reversible boolean not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead')),
  reverting boolean not null default false,
  orphaned boolean not null default false,
  begun boolean not null default false,
  attempts int not null default 0,
  due_at timestamptz not null,
  error text,
  queued_at timestamptz not null default now(),
  ended_at timestamptz
);
comment on table ${own}.firing is 'Durable firings: those that wait, and of those that ran what has to be remembered';
comment on column ${own}.firing.key is 'Idempotency key: of one hook, a second firing with the same key is the same firing';
comment on column ${own}.firing.level is 'Of the block that fired it, as long as a reorg may take that off';
comment on column ${own}.firing.confirmations is 'It runs when its index stands so many levels above';
comment on column ${own}.firing.reversible is 'The hook has onReverted: it is kept until its level is final';
comment on column ${own}.firing.reverting is 'onReverted is to run, not the hook itself';
comment on column ${own}.firing.orphaned is 'Its level left the chain while it ran';
comment on column ${own}.firing.begun is 'It has run outside a transaction, and may have had its effect though it failed';

create unique index firing_key on ${own}.firing (hook, key) where key is not null;
create index firing_waiting on ${own}.firing (hook, seq) where state = 'queued';
create index firing_level on ${own}.firing (index_id, level) where level is not null;
`
