import { NewerSchemaError, OlderSchemaError } from '../errors.ts'
import { againAfterDeadlock } from './again-after-deadlock.ts'
import type { Logger } from '../logger.ts'
import type { Database, Transaction } from './database.ts'
import { deniedSchema, isPermissionDenied } from './denied-schema.ts'
import { findLayout } from './find-layout.ts'
import { indexes } from './migrations/0001-indexes.ts'
import { lifecycle } from './migrations/0002-lifecycle.ts'
import { journal } from './migrations/0003-journal.ts'
import { jobs } from './migrations/0004-jobs.ts'
import { jobRuns } from './migrations/0005-job-runs.ts'
import { firings } from './migrations/0006-firings.ts'
import { once } from './migrations/0007-once.ts'
import { fingerprints } from './migrations/0008-fingerprints.ts'
import { processes } from './migrations/0009-processes.ts'
import { fleet } from './migrations/0010-fleet.ts'
import { cachedRanges } from './migrations/0011-cached-ranges.ts'
import { leaseSession } from './migrations/0012-lease-session.ts'
import { receivers } from './migrations/0013-receivers.ts'
import { journalCosts } from './migrations/0014-journal-costs.ts'
import { concurrency } from './migrations/0015-concurrency.ts'
import { spreadIndexes } from './migrations/0016-spread-indexes.ts'
import { heldFirings } from './migrations/0017-held-firings.ts'
import { firingNotes } from './migrations/0018-firing-notes.ts'
import { jobClaims } from './migrations/0019-job-claims.ts'
import { lighterFirings } from './migrations/0020-lighter-firings.ts'
import { lighterJournal } from './migrations/0021-lighter-journal.ts'
import { finishWithCommit } from './migrations/0022-finish-with-commit.ts'
import { leanerTriggers } from './migrations/0023-leaner-triggers.ts'
import { leftBehind } from './migrations/0024-left-behind.ts'
import { answeredClaims } from './migrations/0025-answered-claims.ts'
import { certainLevels } from './migrations/0026-certain-levels.ts'
import { jobPauses } from './migrations/0027-job-pauses.ts'
import { countedOnce } from './migrations/0028-counted-once.ts'
import { quoteName } from './journal-ddl.ts'
import { leavesNothing } from './lasting-statement.ts'

export interface Migration {
  readonly id: number
  readonly name: string
  /** The statements; `own` is the quoted name of Pawl's own schema. */
  readonly up: (own: string) => string
  /** What was indexed before cannot be used after this step: why, for the user. */
  readonly needsReindex?: string
}

/** In this order, each once, none ever changed after a release. */
export const MIGRATIONS: readonly Migration[] = [
  { id: 1, name: 'indexes', up: indexes },
  { id: 2, name: 'lifecycle', up: lifecycle },
  { id: 3, name: 'journal', up: journal },
  { id: 4, name: 'jobs', up: jobs },
  { id: 5, name: 'job-runs', up: jobRuns },
  { id: 6, name: 'firings', up: firings },
  { id: 7, name: 'once', up: once },
  { id: 8, name: 'fingerprints', up: fingerprints },
  { id: 9, name: 'processes', up: processes },
  { id: 10, name: 'fleet', up: fleet },
  { id: 11, name: 'cached-ranges', up: cachedRanges },
  { id: 12, name: 'lease-session', up: leaseSession },
  { id: 13, name: 'receivers', up: receivers },
  { id: 14, name: 'journal-costs', up: journalCosts },
  { id: 15, name: 'concurrency', up: concurrency },
  { id: 16, name: 'spread-indexes', up: spreadIndexes },
  { id: 17, name: 'held-firings', up: heldFirings },
  { id: 18, name: 'firing-notes', up: firingNotes },
  { id: 19, name: 'job-claims', up: jobClaims },
  { id: 20, name: 'lighter-firings', up: lighterFirings },
  { id: 21, name: 'lighter-journal', up: lighterJournal },
  { id: 22, name: 'finish-with-commit', up: finishWithCommit },
  { id: 23, name: 'leaner-triggers', up: leanerTriggers },
  { id: 24, name: 'left-behind', up: leftBehind },
  { id: 25, name: 'answered-claims', up: answeredClaims },
  { id: 26, name: 'certain-levels', up: certainLevels },
  { id: 27, name: 'job-pauses', up: jobPauses },
  { id: 28, name: 'counted-once', up: countedOnce },
]

/** Of all processes that start at the same time, one migrates. The number is arbitrary. */
const LOCK = 7_238_001

/** All steps lock many tables at once, and a process of the version before may write: one of the two is ended by a deadlock, and tries again. */
const ATTEMPTS = 5

export interface MigrateOptions {
  readonly migrations?: readonly Migration[]
  /** Is told where it has to wait. */
  readonly logger?: Logger
}

/**
 * Brings Pawl's own tables to this version, all steps in one transaction: an update that fails leaves what the version before
 * it can go on with.
 * @throws NewerSchemaError when a newer Pawl has been here, DatabaseUnavailableError when the user has not the right to make
 * them; nothing is changed then
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<void> {
  const bring = (): Promise<void> =>
    database.transaction((transaction) => bringUpToDate(transaction, database, options))
  try {
    await againAfterDeadlock(bring, ATTEMPTS)
  } catch (error) {
    throw isPermissionDenied(error) ? await deniedSchema(database, error) : error
  }
}

/**
 * For who only looks at Pawl's own tables.
 * @param step the last that was done to them
 * @throws OlderSchemaError, NewerSchemaError when they are those of another Pawl
 */
export function checkLayout(database: Database, step: number): void {
  const newest = newestOf(MIGRATIONS)
  if (step > newest) throw newerSchema(database, step, newest)
  if (step < newest) throw olderSchema(database, step, newest)
}

const newestOf = (migrations: readonly Migration[]): number => migrations.at(-1)?.id ?? 0

const newerSchema = ({ ownSchema, description }: Database, step: number, newest: number): NewerSchemaError =>
  new NewerSchemaError(
    `the schema "${ownSchema}" in ${description} is of a newer Pawl (step ${step}; this one knows ${newest})`,
    { hint: 'Update the package pawl to the version that ran here last.' },
  )

const olderSchema = ({ ownSchema, description }: Database, step: number, newest: number): OlderSchemaError =>
  new OlderSchemaError(
    `the schema "${ownSchema}" in ${description} is of an earlier Pawl (step ${step}; this one needs ${newest}), and a command that only looks changes nothing`,
    { hint: '`pawl run` brings it up to date. Until then, look with the version that ran here last.' },
  )

async function bringUpToDate(
  transaction: Transaction,
  database: Database,
  { migrations = MIGRATIONS, logger }: MigrateOptions,
): Promise<void> {
  const newest = newestOf(migrations)
  // Most often all is there. Then nobody is waited for, and nothing is asked to be made: who may only read can look at it.
  const { step, missing } = await findLayout(transaction, database)
  if (step === newest && missing.length === 0) return
  await takeTurn(transaction, database, logger)
  const done = await begin(transaction, database)
  if (done > newest) throw newerSchema(database, done, newest)
  const steps = migrations.filter(({ id }) => id > done)
  if (steps.length > 0) await apply(transaction, database.ownSchema, steps)
}

/** Waits for whoever migrates at this moment, and says so: a session that hangs there would hold up every start without a word. */
async function takeTurn(
  { sql }: Transaction,
  { description }: Database,
  logger: Logger | undefined,
): Promise<void> {
  const [turn] = await sql<{ taken: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as taken`
  if (turn?.taken === true) return
  const [holder] = await sql<{ pid: number }[]>`
    select pid from pg_locks where locktype = 'advisory' and granted and classid = 0 and objid = ${LOCK} and database =
      (select oid from pg_database where datname = current_database()) limit 1`
  const who =
    holder === undefined ? 'another process' : `another process (session ${holder.pid} of the server)`
  logger?.info(`waiting: ${who} brings Pawl's own tables in ${description} up to date`)
  await sql`select pg_advisory_xact_lock(${LOCK})`
}

/** Makes what the steps are noted in. @returns the number of the last one that was done */
async function begin(transaction: Transaction, database: Database): Promise<number> {
  const { sql } = transaction
  const { step, missing } = await findLayout(transaction, database)
  // `create schema if not exists` needs the right to create one, also where it is there: made for us by an administrator.
  for (const name of missing) await sql.unsafe(`create schema ${quoteName(name)}`)
  if (step !== undefined) return step
  await sql`
    create table ${sql(database.ownSchema)}.migration (
      id int primary key,
      name text not null,
      applied_at timestamptz not null default now()
    )`
  return 0
}

/** Few statements, and not some for each step: on a new database their answers would be a tenth of the start. */
async function apply({ sql }: Transaction, ownSchema: string, steps: readonly Migration[]): Promise<void> {
  const own = sql(ownSchema)
  await sql`insert into ${own}.migration ${sql(steps, 'id', 'name')}`
  await sql.unsafe(leavesNothing(steps.map(({ up }) => `${up(quoteName(ownSchema))}\n;`).join('\n')))
  const why = steps.findLast(({ needsReindex }) => needsReindex !== undefined)?.needsReindex
  if (why === undefined) return
  // A database on which nothing was indexed yet needs nothing.
  await sql`
    insert into ${own}.lifecycle (key, value)
    select 'required', ${sql.json({ reason: 'migration', why })}
    where exists (select from ${own}.lifecycle where key = 'reindexed')
    on conflict (key) do update set value = excluded.value`
}
