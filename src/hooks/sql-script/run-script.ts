import { relative } from 'node:path'
import type { ParameterOrJSON } from 'postgres'
import type { Sql } from '../../database/database.ts'
import { SqlScriptError } from '../../errors.ts'
import { shortenStatement } from '../../text/shorten-statement.ts'
import { findScripts } from './find-scripts.ts'
import { readStatements } from './read-statements.ts'
import type { Statement } from '../../text/split-statements.ts'

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

/** Runs the statements of these files one by one. All files are read before the first statement runs. */
export async function runFiles(
  files: readonly string[],
  { directory, args, sql }: Omit<ScriptRun, 'name'>,
): Promise<void> {
  const scripts: { readonly file: string; readonly statements: readonly Statement[] }[] = []
  for (const path of files) {
    const file = relative(directory, path)
    scripts.push({ file, statements: await readStatements(path, file) })
  }
  for (const { file, statements } of scripts) {
    for (const statement of statements) await run({ sql, statement, args, file })
  }
}

/** The rows of a script's one statement. @throws SqlScriptError */
export async function runQuery<Row extends object>({
  directory,
  name,
  args,
  sql,
}: ScriptRun): Promise<Row[]> {
  const [path, ...more] = await findScripts(directory, name)
  const file = path === undefined ? '' : relative(directory, path)
  const statements = path === undefined ? [] : await readStatements(path, file)
  const [statement] = statements
  if (statement === undefined || more.length > 0 || statements.length > 1) {
    const found = more.length > 0 ? `${more.length + 1} files` : `${statements.length} statements`
    throw new SqlScriptError(`the SQL query "${name}" must be one statement in one file; it is ${found}`, {
      hint: 'Use executeSqlScript for what returns no rows.',
    })
  }
  return [...(await run({ sql, statement, args, file }))] as Row[]
}

interface StatementRun {
  readonly sql: Sql
  readonly statement: Statement
  readonly args: readonly unknown[]
  readonly file: string
}

async function run({ sql, statement, args, file }: StatementRun) {
  const { text, parameters } = bind(statement, args, file)
  try {
    // Without parameters the simple protocol is used, which VACUUM and the like need.
    return await (parameters.length === 0 ? sql.unsafe(text) : sql.unsafe(text, parameters))
  } catch (cause) {
    if (cause instanceof Error && 'severity' in cause) throw explain(cause as PostgresError, statement, file)
    throw cause
  }
}

/** PostgreSQL wants every parameter used, so those that the statement uses are counted anew. */
function bind({ text, line, parameters }: Statement, args: readonly unknown[], file: string) {
  const numbers = [...new Set(parameters.map(({ number }) => number))].sort((a, b) => a - b)
  for (const number of numbers) {
    if (number >= 1 && number <= args.length && args[number - 1] !== undefined) continue
    const given = args.length === 1 ? '1 argument was given' : `${args.length} arguments were given`
    throw new SqlScriptError(
      `${file}:${line}: the statement uses $${number}, but ${number <= args.length ? 'that argument is undefined' : given}`,
      { hint: `Pass them in order: executeSqlScript(name, [first, second]); null is SQL's NULL.` },
    )
  }
  let bound = ''
  let done = 0
  for (const { number, start, end } of parameters) {
    bound += `${text.slice(done, start)}$${numbers.indexOf(number) + 1}`
    done = end
  }
  return {
    text: bound + text.slice(done),
    parameters: numbers.map((number) => args[number - 1]) as ParameterOrJSON<bigint>[],
  }
}

interface PostgresError extends Error {
  /** Of the character in the statement, counted from 1. */
  readonly position?: string
  readonly hint?: string
  readonly detail?: string
}

function explain(cause: PostgresError, { text, line }: Statement, file: string): SqlScriptError {
  const before = Array.from(text).slice(0, Math.max(0, Number(cause.position ?? 1) - 1))
  const at = line + before.filter((character) => character === '\n').length
  const detail = cause.detail === undefined ? '' : ` (${cause.detail})`
  return new SqlScriptError(`${file}:${at}: ${cause.message}${detail}, in: ${shortenStatement(text)}`, {
    cause,
    ...(cause.hint === undefined ? {} : { hint: cause.hint }),
  })
}
