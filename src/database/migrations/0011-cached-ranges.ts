/** Blocks of ranges that were final, for indexes with `cache: true`. A wipe leaves them. */
export const cachedRanges = (own: string): string => `
create table ${own}.cached_range (
  source text not null,
  from_level bigint not null,
  to_level bigint not null,
  end_hash text,
  body bytea not null,
  primary key (source, from_level)
);
alter table ${own}.cached_range alter column body set storage external;
comment on table ${own}.cached_range is 'What datasources answered to ranges that are final; may be emptied at any time';
comment on column ${own}.cached_range.source is 'The chain, and a hash of what is selected of it';
`
