import { readFile } from 'node:fs/promises'
import { SqlScriptError } from '../../errors.ts'
import { splitStatements, type Statement } from '../../text/split-statements.ts'

/**
 * The statements of a file.
 * @param name as errors call it
 * @throws SqlScriptError when it cannot be read, or holds what can only run elsewhere
 */
export async function readStatements(file: string, name: string): Promise<readonly Statement[]> {
  const statements = splitStatements(await readText(file, name))
  for (const statement of statements) {
    const reason = refusal(statement)
    if (reason !== undefined) {
      throw new SqlScriptError(`${name}:${statement.line}: ${reason.message}`, { hint: reason.hint })
    }
  }
  return statements
}

async function readText(file: string, name: string): Promise<string> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new SqlScriptError(`the SQL script ${name} cannot be read: ${(cause as Error).message}`, { cause })
  }
  try {
    // Wrong bytes would be put into the database as U+FFFD.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // PostgreSQL would take a NUL for the end of the statement.
    if (text.includes('\0')) throw new Error('it holds a NUL character')
    return text
  } catch (cause) {
    throw new SqlScriptError(`the SQL script ${name} is not UTF-8 text`, {
      cause,
      hint: 'Save it as UTF-8.',
    })
  }
}

interface Refusal {
  readonly message: string
  readonly hint: string
}

function refusal({ words, psqlCommand }: Statement): Refusal | undefined {
  if (psqlCommand !== undefined) {
    return {
      message: `${shorten(psqlCommand)} is a command of psql, not SQL`,
      hint: 'Remove it: scripts are sent to PostgreSQL itself.',
    }
  }
  const [first = '', second = ''] = words
  if (first === 'COPY' && (follows(words, 'FROM', 'STDIN') || follows(words, 'TO', 'STDOUT'))) {
    return {
      message: `${first} … ${follows(words, 'FROM', 'STDIN') ? 'FROM stdin' : 'TO stdout'} cannot run from a script`,
      hint: 'Use INSERT … VALUES, or COPY by ctx.sql in the callback.',
    }
  }
  if (endsTransaction(first, second)) {
    return {
      message: `${second === '' ? first : `${first} ${second}`} cannot run from a script: it would break the transaction that Pawl runs it in`,
      hint: 'Remove it. The script of an atomic hook or a handler is in one transaction already; in any other each statement is its own.',
    }
  }
  if ((first === 'SET' && !['LOCAL', 'TRANSACTION', 'CONSTRAINTS'].includes(second)) || first === 'RESET') {
    return {
      message: `${first} ${second} would change a connection that others use after this script`,
      hint: 'Write SET LOCAL, which ends with the transaction of the handler or atomic hook.',
    }
  }
  return undefined
}

function endsTransaction(first: string, second: string): boolean {
  if (first === 'ROLLBACK') return second !== 'TO'
  if (first === 'START' || first === 'PREPARE') return second === 'TRANSACTION'
  return ['BEGIN', 'COMMIT', 'END', 'ABORT'].includes(first)
}

const follows = (words: readonly string[], first: string, second: string): boolean =>
  words.some((word, at) => word === first && words[at + 1] === second)

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)
