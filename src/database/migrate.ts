import { NewerSchemaError } from '../errors.ts'
import type { Database, Transaction } from './database.ts'
import { indexes } from './migrations/0001-indexes.ts'
import { lifecycle } from './migrations/0002-lifecycle.ts'
import { journal } from './migrations/0003-journal.ts'
import { jobs } from './migrations/0004-jobs.ts'
import { quoteName } from './journal-ddl.ts'

interface Migration {
  readonly id: number
  readonly name: string
  /** The statements; `own` is the quoted name of Pawl's own schema. */
  readonly up: (own: string) => string
}

/** In this order, each once, none ever changed after a release. */
const MIGRATIONS: readonly Migration[] = [
  { id: 1, name: 'indexes', up: indexes },
  { id: 2, name: 'lifecycle', up: lifecycle },
  { id: 3, name: 'journal', up: journal },
  { id: 4, name: 'jobs', up: jobs },
]

/** Of all processes that start at the same time, one migrates. The number is arbitrary. */
const LOCK = 7_238_001

/**
 * Brings Pawl's own tables to this version, each step in a transaction of its own.
 * @throws NewerSchemaError when a newer Pawl has been here; nothing is changed then
 */
export async function migrate(database: Database): Promise<void> {
  const done = await database.transaction((transaction) => begin(transaction, database.ownSchema))
  const newest = MIGRATIONS.at(-1)?.id ?? 0
  if (done > newest) {
    throw new NewerSchemaError(
      `the schema "${database.ownSchema}" in ${database.description} is of a newer Pawl (step ${done}; this one knows ${newest})`,
      { hint: 'Update the package pawl to the version that ran here last.' },
    )
  }
  for (const migration of MIGRATIONS) {
    if (migration.id > done) {
      await database.transaction((transaction) => apply(transaction, database.ownSchema, migration))
    }
  }
}

/** @returns the number of the last step that was done */
async function begin({ sql }: Transaction, ownSchema: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(${LOCK})`
  await sql.unsafe(`create schema if not exists ${quoteName(ownSchema)}`)
  await sql`
    create table if not exists ${sql(ownSchema)}.migration (
      id int primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`
  const [row] = await sql<{ done: number }[]>`
    select coalesce(max(id), 0) as done from ${sql(ownSchema)}.migration`
  return row?.done ?? 0
}

async function apply({ sql }: Transaction, ownSchema: string, { id, name, up }: Migration): Promise<void> {
  await sql`select pg_advisory_xact_lock(${LOCK})`
  const claimed = await sql`
    insert into ${sql(ownSchema)}.migration (id, name) values (${id}, ${name}) on conflict do nothing`
  if (claimed.count === 1) await sql.unsafe(up(quoteName(ownSchema)))
}
