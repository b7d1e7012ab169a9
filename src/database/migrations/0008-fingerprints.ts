/** What an index was indexed with, to notice when that is changed; and levels that left the chain and could not be undone. */
export const fingerprints = (own: string): string => `
alter table ${own}.index add column config jsonb, add column orphaned_from bigint, add column orphaned_to bigint;
comment on column ${own}.index.config is 'What decides which levels and data it gets; null: not known, or approved as it is';
comment on column ${own}.index.orphaned_from is 'Rows of levels from here to orphaned_to are of blocks that left the chain: reindex.rollback is ignore';
`
