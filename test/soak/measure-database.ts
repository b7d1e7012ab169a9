import type postgres from 'postgres'

export interface DatabaseMeasure {
  /** Pawl's. */
  readonly connections: number
  /** Bytes of Pawl's own tables, with their indexes. */
  readonly ownTables: number
  readonly firings: number
  readonly runs: number
}

export async function measureDatabase(sql: postgres.Sql): Promise<DatabaseMeasure> {
  const [row] = await sql<[DatabaseMeasure]>`
    select (select count(*)::int from pg_stat_activity
            where datname = current_database() and application_name like 'pawl%') as connections,
           (select sum(pg_total_relation_size(oid))::float8 from pg_class
            where relkind = 'r' and relnamespace = 'pawl'::regnamespace) as "ownTables",
           (select count(*)::int from pawl.firing) as firings,
           (select count(*)::int from pawl.job_run) as runs`
  return row
}
