/**
 * The indexes, where each stands, and the refs of its blocks. `own` is the quoted name of Pawl's own schema.
 */
export const indexes = (own: string): string => `
create table ${own}.index (
  id int generated always as identity primary key,
  name text not null unique,
  chain text,
  level bigint,
  hash text,
  finalized bigint
);
comment on table ${own}.index is 'Each index and its cursor: the last level that is committed';

create table ${own}.block (
  index_id int not null references ${own}.index (id) on delete cascade,
  level bigint not null,
  hash text not null,
  parent_hash text not null,
  timestamp bigint not null,
  primary key (index_id, level)
);
comment on table ${own}.block is 'Refs of the blocks that a reorg may still take off, to find the common ancestor by';
`
