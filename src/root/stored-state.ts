import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { rollBackIndex } from '../database/roll-back-index.ts'
import type { Clock } from '../clock.ts'
import type { FiringStore } from '../hooks/firing-store.ts'
import type { StoredState } from '../inspector/inspected.ts'
import { countJobs } from '../jobs/count-jobs.ts'
import type { JobDesk } from '../jobs/job-desk.ts'
import { withTrigger } from '../jobs/job-record.ts'
import type { JobStore } from '../jobs/job-store.ts'
import { takeFireTimes } from '../jobs/next-fire-times.ts'
import { parseTrigger } from '../jobs/parse-trigger.ts'
import { readRuns } from '../jobs/read-runs.ts'

export interface StoredParts {
  readonly config: Config
  readonly clock: Clock
  readonly database: Database
  readonly jobs: JobDesk
  readonly jobStore: JobStore
  readonly firingStore: FiringStore
}

/** What the inspector reads of the database, and changes there. */
export function storedState({
  config,
  clock,
  database,
  jobs,
  jobStore,
  firingStore,
}: StoredParts): StoredState {
  return {
    jobs,
    async runs(job, limit) {
      const runs = await readRuns(database, job, limit)
      return runs.map(({ fireTime, startedAt, finishedAt, error, ...run }) => ({
        ...run,
        fireTime: fireTime.getTime(),
        startedAt: startedAt?.getTime(),
        finishedAt: finishedAt?.getTime(),
        error: error ?? undefined,
      }))
    },
    async nextFireTimes(name, count) {
      const [state] = await jobStore.read([name])
      const job =
        state?.definition ?? (Object.hasOwn(config.jobs ?? {}, name) ? config.jobs?.[name] : undefined)
      if (state === undefined || state.paused || job === undefined) return []
      const trigger = parseTrigger(withTrigger(job, state.trigger), {
        timezone: config.timezone ?? 'UTC',
        job: name,
      })
      return takeFireTimes(trigger.anchoredAt(state.anchor), { from: new Date(clock.now()), count })
    },
    firings: (limit) => firingStore.list(limit),
    firingCounts: () => firingStore.counts(),
    jobCounts: () => countJobs(database),
    retryFiring: async (id) => (await firingStore.retry(id, new Date(clock.now()))) > 0,
    dropFiring: (id) => firingStore.drop(id),
    tryRollback: (index, toLevel) => rollBackIndex(database, { index, toLevel, fence: undefined }),
  }
}
