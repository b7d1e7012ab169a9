import { DatabaseUnavailableError } from '../errors.ts'
import { POOLER_HINT } from './connection-error.ts'

const plain = (path: unknown): string => String(path).replaceAll('"', '').replaceAll(' ', '')

/**
 * Behind a pooler the search path may be another one: then the user's tables would be made in another schema, where nothing is journalled.
 * @param found the session's search path, and the schema in which it makes tables
 * @param asked the search path that was sent
 * @throws DatabaseUnavailableError
 */
export function checkPooledPath(
  { path, current }: Readonly<Record<string, unknown>> = {},
  asked: unknown,
  description: string,
): void {
  if (plain(path) === plain(asked) || current === asked) return
  throw new DatabaseUnavailableError(
    `cannot connect to ${description}: a connection pooler there does not set search_path to ${String(asked)}: it is ${String(path)}, so that tables would be made in another schema`,
    {
      hint: `Connect to PostgreSQL itself; or set it for the user of the URL: alter role … set search_path = ${String(asked)}`,
      retriable: false,
    },
  )
}

/** A pooler gave a transaction another backend, on which a statement was never prepared. */
export const changedBackend = (cause: unknown, description: string): DatabaseUnavailableError =>
  new DatabaseUnavailableError(`${description} gives each transaction another session`, {
    cause,
    hint: POOLER_HINT,
    retriable: false,
  })
