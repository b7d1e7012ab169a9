import type { Database } from '../../database/database.ts'
import type { Finding } from './finding.ts'

/** May the user of the database make what Pawl needs, and journal what is there? */
export async function* checkRights({ sql, schema, ownSchema }: Database): AsyncGenerator<Finding> {
  const [rights] = await sql<
    {
      user: string
      database: string
      mayUse: boolean | null
      mayCreate: boolean
      own: boolean
      foreign: string | null
    }[]
  >`
    select current_user as user, current_database() as database,
      (select has_schema_privilege(oid, 'create') from pg_namespace where nspname = ${schema}) as "mayUse",
      has_database_privilege(current_database(), 'create') as "mayCreate",
      to_regnamespace(quote_ident(${ownSchema})) is not null as own,
      (select string_agg(relname, ', ' order by relname) from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname = ${schema} and relkind in ('r', 'p') and not pg_has_role(relowner, 'usage')) as foreign`
  if (rights === undefined) return
  const { user, database: name, mayUse, mayCreate, own, foreign } = rights
  const missing = [
    ...(own || mayCreate ? [] : [`grant create on database "${name}" to "${user}";`]),
    ...(mayUse === null
      ? mayCreate
        ? []
        : [`create schema "${schema}" authorization "${user}";`]
      : mayUse
        ? []
        : [`grant usage, create on schema "${schema}" to "${user}";`]),
  ]
  yield missing.length === 0
    ? { check: 'rights', state: 'good', message: `${user} may make what Pawl needs` }
    : {
        check: 'rights',
        state: 'bad',
        message: `${user} may not make what Pawl needs`,
        advice: `As an administrator: ${missing.join(' ')}`,
      }
  if (foreign !== null)
    yield {
      check: 'rights',
      state: 'warning',
      message: `tables of schema "${schema}" that ${user} does not own: ${foreign}`,
      advice: 'Their changes cannot be journalled: give them to this user, or name them in immuneTables.',
    }
}
