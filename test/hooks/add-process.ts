import type postgres from 'postgres'
import type { Sql } from '../../src/database/database.ts'

/** The row of a process that never dies by itself. */
export async function addProcess(sql: Pick<Sql | postgres.Sql, 'unsafe'>, id: string): Promise<void> {
  await sql.unsafe(
    `insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
      values ($1, 'this', 1, '', '', '{}', '{announce}', '{}', 'infinity')`,
    [id],
  )
}
