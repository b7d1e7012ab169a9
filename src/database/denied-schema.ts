import { DatabaseUnavailableError } from '../errors.ts'
import type { Database } from './database.ts'
import { quoteName } from './journal-ddl.ts'

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PERMISSION_DENIED = '42501'

export const isPermissionDenied = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === PERMISSION_DENIED

/** What a user is told who has not the right to make Pawl's own tables, or to use those that are there. */
export async function deniedSchema(
  { sql, ownSchema, description }: Database,
  cause: unknown,
): Promise<DatabaseUnavailableError> {
  const [row] = await sql<{ user: string; owner: string | null }[]>`
    select quote_ident(current_user) as user,
      (select quote_ident(pg_get_userbyid(nspowner)) from pg_namespace where nspname = ${ownSchema}) as owner`
  const { user = 'its user', owner = null } = row ?? {}
  const reason = cause instanceof Error ? cause.message : String(cause)
  return owner === null || owner === user
    ? new DatabaseUnavailableError(`cannot make Pawl's own tables in ${description}: ${reason}`, {
        cause,
        hint: `They have a schema of their own. As the database's owner: create schema ${quoteName(ownSchema)} authorization ${user}`,
      })
    : new DatabaseUnavailableError(`cannot use Pawl's own tables in ${description}: ${reason}`, {
        cause,
        hint: `The schema ${quoteName(ownSchema)} is there, and belongs to ${owner}: log in as that role.`,
      })
}
