import { systemClock, type Clock } from '../clock.ts'
import { DatabaseClock } from './database-clock.ts'
import type { Database } from './database.ts'

/** The machine's clock, put right by the database's once: for who does not stay. @throws what the database does */
export async function readClock({ sql }: Pick<Database, 'sql'>): Promise<Clock> {
  const clock = new DatabaseClock(systemClock)
  // The first answer may come late, for a session is opened for it.
  await sql`select`
  const asked = systemClock.now()
  const [row] = await sql<{ now: number }[]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as now`
  const answered = systemClock.now()
  const middle = (asked + answered) / 2
  clock.adjust({ skew: (row?.now ?? middle) - middle, skewError: (answered - asked) / 2 })
  return clock
}
