import postgres from 'postgres'
import type { Scope } from './scope.ts'

/** A session that notes how its statements find rows. */
export interface ExplainedSession {
  readonly sql: postgres.Sql
  /** By which indexes, of all statements so far, also those inside functions; `all of <table>`: by none. */
  readonly scans: () => readonly string[]
}

export async function openExplained(t: Scope, url: string): Promise<ExplainedSession> {
  const plans: string[] = []
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: ({ message = '' }) => plans.push(message),
  })
  t.after(() => sql.end())
  await sql.unsafe(`load 'auto_explain'; set auto_explain.log_min_duration = 0;
    set auto_explain.log_nested_statements = on; set client_min_messages = log`)
  return { sql, scans: () => plans.flatMap((plan) => plan.split('\n')).flatMap(scanOf) }
}

/** What is read below a bitmap heap scan is an index, too; CTEs and functions are no tables. */
function scanOf(line: string): readonly string[] {
  const [, index] = /Index(?: Only)? Scan(?: Backward)?(?: using| on) (\w+)/.exec(line) ?? []
  if (index !== undefined) return [index]
  const [, table] = /Seq Scan on (\w+)/.exec(line) ?? []
  return table === undefined ? [] : [`all of ${table}`]
}
