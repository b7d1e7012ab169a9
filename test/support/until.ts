/** Asks again and again until the query has a row. */
export async function until<Sql>(
  sql: Sql,
  query: (sql: Sql) => PromiseLike<readonly unknown[]>,
): Promise<void> {
  while ((await query(sql)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
