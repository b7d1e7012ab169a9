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
  // One round trip. The level is kept by a setting of ours, for the database's own may be any.
  await sql.unsafe(
    [
      `select set_config('pawl.messages', current_setting('client_min_messages'), true),
        set_config('client_min_messages', 'warning', true)`,
      ...statements,
      `select set_config('client_min_messages', current_setting('pawl.messages'), true)`,
    ].join(';\n'),
  )
}
