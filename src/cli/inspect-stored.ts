import { basename } from 'node:path'
import { systemClock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { FiringStore } from '../hooks/firing-store.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { InspectorOptions } from '../inspector/inspector-options.ts'
import { openInspector, type Inspector } from '../inspector/open-inspector.ts'
import { createJobStore } from '../jobs/database-job-store.ts'
import { explainSchedule } from '../jobs/explain-schedule.ts'
import { JobDesk } from '../jobs/job-desk.ts'
import { storedState } from '../root/stored-state.ts'
import type { Project } from './with-project.ts'

/** Shows what the database of a project has, while nothing of it runs here. Takes no commands. */
export async function inspectStored(
  { config, directory, database }: Project,
  options: InspectorOptions,
): Promise<Inspector> {
  const jobStore = createJobStore(database)
  const clock = systemClock
  const stored = storedState({
    config,
    clock,
    database,
    jobStore,
    jobs: new JobDesk({ store: jobStore, clock, timezone: config.timezone ?? 'UTC', check: () => [] }),
    firingStore: new FiringStore(database),
  })
  const indexes = await readIndexes(database)
  return openInspector(
    { ...options, readOnly: true },
    {
      name: basename(directory),
      schema: database.schema,
      hooks: config.hooks ?? {},
      root: undefined,
      now: () => clock.now(),
      state: () => 'stopped',
      indexes: () => indexes,
      stored: () => stored,
      explain: explainSchedule,
      listen: () => {},
      report: () => ({ state: 'stopped', indexes, failed: [] }),
      metrics: () => Promise.resolve(''),
    },
  )
}

async function readIndexes({ sql, ownSchema }: Database): Promise<Readonly<Record<string, IndexStatus>>> {
  const rows = await sql<{ name: string; level: bigint | null; orphaned_from: bigint | null }[]>`
    select name, level, orphaned_from from ${sql(ownSchema)}.index order by name`
  const number = (level: bigint | null): number | undefined => (level === null ? undefined : Number(level))
  return Object.fromEntries(
    rows.map(({ name, level, orphaned_from: orphaned }) => [
      name,
      { name, level: number(level), head: undefined, synchronized: false, orphanedFrom: number(orphaned) },
    ]),
  )
}
