import type { Sql } from './database.ts'

/** Whether the row `name` is of a lease that cannot be held together with this one: itself, what is under it, and above. */
export const isConflicting = (sql: Sql, lease: string) =>
  sql`(name = ${lease} or starts_with(name, ${`${lease}:`}) or starts_with(${lease}, name || ':'))`
