import { basename } from 'node:path'
import type { Database } from '../database/database.ts'
import { isGone } from '../database/lease-holder.ts'
import { FiringStore } from '../hooks/firing-store.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { InspectorOptions } from '../inspector/inspector-options.ts'
import { openInspector, type Inspector } from '../inspector/open-inspector.ts'
import { createJobStore } from '../jobs/database-job-store.ts'
import { explainSchedule } from '../jobs/explain-schedule.ts'
import { JobDesk } from '../jobs/job-desk.ts'
import { storedState } from '../root/stored-state.ts'
import type { Project } from './with-project.ts'

/** Shows what the database of a project has, while nothing of it runs here: elsewhere something may. Takes no commands. */
export async function inspectStored(
  { config, directory, database, clock }: Project,
  options: InspectorOptions,
): Promise<{ readonly inspector: Inspector; readonly running: boolean }> {
  const jobStore = createJobStore(database)
  const stored = storedState({
    config,
    clock,
    database,
    jobStore,
    jobs: new JobDesk({ store: jobStore, clock, timezone: config.timezone ?? 'UTC', check: () => [] }),
    firingStore: new FiringStore(database),
  })
  const indexes = await readIndexes(database)
  const running = await isIndexed(database)
  const isAtHead = Object.values(indexes).every(({ synchronized }) => synchronized)
  const state = running ? (isAtHead ? 'synchronized' : 'syncing') : 'stopped'
  const inspector = await openInspector(
    { ...options, readOnly: true },
    {
      name: basename(directory),
      schema: database.schema,
      hooks: config.hooks ?? {},
      root: undefined,
      now: () => clock.now(),
      state: () => state,
      indexes: () => indexes,
      stored: () => stored,
      explain: explainSchedule,
      listen: () => {},
      report: () => ({ state, indexes, failed: [] }),
      metrics: () => Promise.resolve(''),
    },
  )
  return { inspector, running }
}

/** One that was killed has its lease for a moment still. */
async function isIndexed({ sql, ownSchema }: Database): Promise<boolean> {
  const holders = await sql<{ pid: number; machine: string | null }[]>`
    select pid, machine from ${sql(ownSchema)}.lease
    where (name = 'indexer' or starts_with(name, 'indexer:')) and expires_at > clock_timestamp()`
  return holders.some(({ pid, machine }) => !isGone({ pid, machine: machine ?? undefined }))
}

async function readIndexes({ sql, ownSchema }: Database): Promise<Readonly<Record<string, IndexStatus>>> {
  const rows = await sql<
    { name: string; level: bigint | null; orphaned_from: bigint | null; synchronized: boolean }[]
  >`
    select name, level, orphaned_from, synchronized from ${sql(ownSchema)}.index order by name`
  const number = (level: bigint | null): number | undefined => (level === null ? undefined : Number(level))
  return Object.fromEntries(
    rows.map(({ name, level, orphaned_from: orphaned, synchronized }) => [
      name,
      { name, level: number(level), head: undefined, synchronized, orphanedFrom: number(orphaned) },
    ]),
  )
}
