import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import type { ParameterOrJSON } from 'postgres'
import type { Sql } from '../../database/database.ts'
import { SqlScriptError } from '../../errors.ts'
import { findScripts } from './find-scripts.ts'
import { splitStatements, type Statement } from './split-statements.ts'

export interface ScriptRun {
  /** `sql/` is in it. */
  readonly directory: string
  readonly name: string
  /** `$1` is the first. Passed as parameters, never as text. */
  readonly args: readonly unknown[]
  readonly sql: Sql
}

/** @throws SqlScriptError naming file, line and statement, with PostgreSQL's own words */
export async function runScript({ directory, name, args, sql }: ScriptRun): Promise<void> {
  await runFiles(await findScripts(directory, name), { directory, args, sql })
}

/** Runs the statements of these files one by one. */
export async function runFiles(
  files: readonly string[],
  { directory, args, sql }: Omit<ScriptRun, 'name'>,
): Promise<void> {
  for (const file of files) {
    for (const statement of await readStatements(file, directory)) {
      await run({ sql, statement, args, file: relative(directory, file) })
    }
  }
}

/** The rows of a script's one statement. @throws SqlScriptError */
export async function runQuery<Row extends object>({
  directory,
  name,
  args,
  sql,
}: ScriptRun): Promise<Row[]> {
  const [file, ...more] = await findScripts(directory, name)
  const statements = file === undefined ? [] : await readStatements(file, directory)
  const [statement] = statements
  if (file === undefined || statement === undefined || more.length > 0 || statements.length > 1) {
    throw new SqlScriptError(
      `the SQL query "${name}" must be one file with one statement; it is ${more.length > 0 ? 'several files' : `${statements.length} statements`}`,
      { hint: 'Use executeSqlScript for what returns no rows.' },
    )
  }
  return [...(await run({ sql, statement, args, file: relative(directory, file) }))] as Row[]
}

async function readStatements(file: string, directory: string): Promise<readonly Statement[]> {
  const statements = splitStatements(await readFile(file, 'utf8'))
  for (const { text, line } of statements) {
    const place = `${relative(directory, file)}:${line}`
    if (text.startsWith('\\')) {
      throw new SqlScriptError(`${place}: ${firstLine(text)} is a command of psql, not SQL: remove it`)
    }
    if (/^copy\s[\s\S]*\sfrom\s+stdin\b/i.test(text)) {
      throw new SqlScriptError(`${place}: COPY … FROM stdin cannot run from a script: use INSERT … VALUES`)
    }
  }
  return statements
}

interface StatementRun {
  readonly sql: Sql
  readonly statement: Statement
  readonly args: readonly unknown[]
  readonly file: string
}

async function run({ sql, statement, args, file }: StatementRun) {
  const used = Math.max(0, ...[...statement.text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)))
  try {
    // Without parameters the simple protocol is used, which VACUUM and the like need.
    const parameters = args.slice(0, used) as ParameterOrJSON<bigint>[]
    return await (parameters.length === 0
      ? sql.unsafe(statement.text)
      : sql.unsafe(statement.text, parameters))
  } catch (cause) {
    if (cause instanceof Error && 'severity' in cause) throw explain(cause as PostgresError, statement, file)
    throw cause
  }
}

interface PostgresError extends Error {
  /** Of the character in the statement, counted from 1. */
  readonly position?: string
  readonly hint?: string
  readonly detail?: string
}

function explain(cause: PostgresError, { text, line }: Statement, file: string): SqlScriptError {
  const at =
    cause.position === undefined ? 0 : text.slice(0, Number(cause.position) - 1).split('\n').length - 1
  const detail = cause.detail === undefined ? '' : ` (${cause.detail})`
  return new SqlScriptError(`${file}:${line + at}: ${cause.message}${detail}\n  in: ${firstLine(text)}`, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  })
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n')
  const shown = line.length > 100 ? `${line.slice(0, 99)}…` : line
  return text.includes('\n') ? `${shown} …` : shown
}
