/**
 * A lease for each index, where several processes share them. The numbers of all fences are of one row: none comes twice, so that
 * the number alone tells who may write.
 */
export const spreadIndexes = (own: string): string => `
create or replace function ${own}.check_fence(p_fence bigint) returns void language plpgsql as $pawl$
begin
  perform from ${own}.fence where number = p_fence for share;
  if not found then
    raise exception 'another process took the lease over' using errcode = 'PW001';
  end if;
end $pawl$;
comment on table ${own}.lease is 'Who indexes: "indexer" is all indexes, "indexer:<name>" is one of them. One excludes what is under it, and above';
`
