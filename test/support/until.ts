/** Asks again and again until the query has a row. @returns its rows */
export async function until<Sql, Row>(
  sql: Sql,
  query: (sql: Sql) => PromiseLike<readonly Row[]>,
): Promise<readonly Row[]> {
  for (;;) {
    const rows = await query(sql)
    if (rows.length > 0) return rows
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
