import type { Database } from '../../database/database.ts'
import { plural } from '../../text/format-number.ts'
import type { Finding } from './finding.ts'

/** What waits for somebody to decide. */
export async function* checkLeftovers({ sql, ownSchema }: Database): AsyncGenerator<Finding> {
  const own = sql(ownSchema)
  const [row] = await sql<{ dead: number; orphaned: string | null }[]>`
    select (select count(*)::int from ${own}.firing where state = 'dead') as dead,
      (select string_agg(name, ', ') from ${own}.index where orphaned_from is not null) as orphaned`
  if (row !== undefined && row.dead > 0)
    yield {
      check: 'queue',
      state: 'warning',
      message: `${plural(row.dead, 'durable firing')} failed for the last time`,
      advice: '`pawl hooks queue` shows why; `pawl hooks retry` and `drop` decide about them.',
    }
  if (row !== undefined && row.orphaned !== null)
    yield {
      check: 'rows',
      state: 'warning',
      message: `rows of blocks that left the chain are stored by ${row.orphaned}`,
      advice: '`pawl schema status` says from which level on; `pawl schema wipe` indexes again.',
    }
}
