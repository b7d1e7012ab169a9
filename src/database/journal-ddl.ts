import type { Sql } from './database.ts'

/** An identifier, quoted. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A string as an SQL literal: for DDL, which takes no parameters. */
export const quoteText = (text: string): string =>
  text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`

/** A function's body, quoted by a tag that no column name in it can end. */
export const quoteBody = (body: string): string => {
  let tag = '$pawl$'
  for (let n = 0; body.includes(tag); n++) tag = `$pawl${n}$`
  return `${tag} ${body} ${tag}`
}

/** Runs statements without the notices of `if exists` and `cascade`, which users would take for warnings. */
export const runDdl = async (sql: Sql, statements: readonly string[]): Promise<void> => {
  if (statements.length === 0) return
  const [row] = await sql<{ level: string }[]>`
    select current_setting('client_min_messages') as level, set_config('client_min_messages', 'warning', true)`
  await sql.unsafe(statements.join(';\n'))
  await sql`select set_config('client_min_messages', ${row?.level ?? 'notice'}, true)`
}
