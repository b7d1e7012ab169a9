import { quoteText } from '../journal-ddl.ts'

/**
 * The journal's triggers are as this version makes them on tables of before, too: those that update and those that delete had one
 * function, which asked for each row which of them it was. They go here, and the start, which tracks tables that are not as they
 * were, makes them anew.
 */
export const leanerTriggers = (own: string): string => `
do $pawl$
declare
  v_own constant text := ${quoteText(own)};
  v_name text;
begin
  for v_name in
    select format('%s.%I', v_own, 'journal_' || t.id || f.suffix)
    from ${own}.tracked t, (values ('_insert'), ('_change'), ('_truncate')) f (suffix) where t.kind = 'table'
  loop
    execute format('drop function if exists %s() cascade', v_name);
  end loop;
end $pawl$;
update ${own}.tracked set signature = '' where kind in ('table', 'partition');
update ${own}.tracked_schema set fingerprint = null;
`
