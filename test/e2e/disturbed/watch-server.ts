import type postgres from 'postgres'

/** What an indexer does, as the database sees it: by what its statements have in them, as PostgreSQL's regular expressions. */
const MARKS = {
  migrating: 'pg_advisory_xact_lock|create schema|[.]"migration"|create table "pawl"[.]',
  wiping: 'pawl_others|drop table if exists "|delete from "pawl"[.]|with recursive namespace',
  handling: 'begin_level|update total|"(account|entry|slot)_(one|two)"',
  committing: '[.]end_level[(]|^commit',
  reverting: '[.]reverting_|pawl_gone_|suspend_triggers|with versions as',
  pruning: '[.]prune[(]',
} as const

export type Phase = keyof typeof MARKS
export const PHASES = Object.keys(MARKS) as readonly Phase[]

/** In the database, so that nothing of what lasts a millisecond is missed on the way. */
const WAIT = `
create function pg_temp.wait_for(mark text, patience float8) returns boolean language plpgsql as $$
begin
  while clock_timestamp() < now() + patience * interval '1 ms' loop
    perform pg_stat_clear_snapshot();
    if exists (select from pg_stat_activity where datname = current_database() and application_name like 'pawl%'
        and state <> 'idle' and query ~ mark) then
      return true;
    end if;
    perform pg_sleep(0.0005);
  end loop;
  return false;
end $$`

/** Waits until one of its transactions is in this phase. @returns false where that did not come in time (ms) */
export async function waitForPhase(sql: postgres.Sql, phase: Phase, patience: number): Promise<boolean> {
  const [made] = await sql`select to_regproc('pg_temp.wait_for') is not null as there`
  if (made?.['there'] !== true) await sql.unsafe(WAIT)
  const [row] = await sql<{ seen: boolean }[]>`select pg_temp.wait_for(${MARKS[phase]}, ${patience}) as seen`
  return row?.seen === true
}
