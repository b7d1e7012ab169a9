/**
 * What processes hold is found by its hook, and what failed for good by itself: among a million firings that are remembered for their
 * keys, neither may be looked for by reading them all.
 */
export const heldFirings = (own: string): string => `
-- Of versions that did not say who runs a firing: they ended with their process.
delete from ${own}.firing where state = 'running' and worker is null and orphaned and not reverting and not reversible;
update ${own}.firing set state = 'queued', reverting = reverting or orphaned, key = case when orphaned then null else key end,
  orphaned = false
where state = 'running' and worker is null;
drop index ${own}.firing_worker;
create index firing_held on ${own}.firing (hook, worker) where worker is not null;
create index firing_dead on ${own}.firing (hook) where state = 'dead';
`
