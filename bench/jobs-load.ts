// One scheduler under load, in a process of its own: prints what it took as JSON. Started by jobs.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { Cron } from 'croner'
import { createActor, waitFor } from 'xstate'
import { systemClock } from '../src/clock.ts'
import type { JobConfigs } from '../src/config/config.ts'
import { migrate } from '../src/database/migrate.ts'
import { openDatabase } from '../src/database/open-database.ts'
import { createJobStore } from '../src/jobs/database-job-store.ts'
import { JobDesk } from '../src/jobs/job-desk.ts'
import { createMemoryJobStore } from '../src/jobs/memory-job-store.ts'
import { schedulerLogic } from '../src/jobs/scheduler.ts'
import { silentLogger } from '../src/logger.ts'

/** What `jobs.ts` asks for. */
export interface Load {
  readonly engine: 'memory' | 'database' | 'croner'
  readonly url: string
  readonly jobs: number
  /**
   * `rare`: none fires while this runs. `second`: each fires once a second, spread evenly. `minute`: each fires once a minute,
   * by a crontab, spread over its 60 seconds.
   */
  readonly schedule: 'rare' | 'second' | 'minute'
  readonly seconds: number
}

export interface LoadResult {
  readonly registered: number
  readonly heap: number
  readonly rss: number
  /** Of the fire times of those seconds. */
  readonly fired: number
  readonly missed: number
  /** ms */
  readonly lateness: readonly [p50: number, p99: number, most: number]
  /** Share of one core while it ran. */
  readonly cpu: number
  readonly stopped: number
}

/** The fire times that count, in ms. */
let [from, until] = [Infinity, Infinity]
const lateness: number[] = []
const note = (fireTime: number): void => {
  if (fireTime >= from && fireTime < until) lateness.push(Date.now() - fireTime)
}

interface Running {
  stop(): Promise<void>
}

function configs({ jobs, schedule }: Load): JobConfigs {
  const base = Math.ceil(Date.now() / 1_000) * 1_000 + 5_000
  return Object.fromEntries(
    Array.from({ length: jobs }, (_, at): [string, JobConfigs[string]] => {
      if (schedule === 'minute') return [`job_${at}`, { hook: 'empty', crontab: `${at % 60} * * * * *` }]
      if (schedule === 'second')
        return [`job_${at}`, { hook: 'empty', interval: 1, start: new Date(base + (at * 1_000) / jobs) }]
      return [
        `job_${at}`,
        at % 2 === 0
          ? { hook: 'empty', interval: 3_600 + (at % 1_000) }
          : { hook: 'empty', crontab: `${at % 60} 3 1 1 *` },
      ]
    }),
  )
}

async function startPawl(load: Load): Promise<Running> {
  const database =
    load.engine === 'database'
      ? await openDatabase({ url: load.url, directory: '', schema: 'public', logger: silentLogger })
      : undefined
  if (database !== undefined) await migrate(database)
  const store = database === undefined ? createMemoryJobStore() : createJobStore(database)
  const check = () => []
  const scheduler = createActor(
    schedulerLogic({
      jobs: configs(load),
      clock: systemClock,
      timezone: 'UTC',
      postponeJobs: false,
      store,
      fire: async ({ origin }) => note(origin.fireTime?.getTime() ?? 0),
      emit: () => {},
      logger: silentLogger,
      defaults: {},
      retention: 3_600_000,
      check,
      desk: new JobDesk({ store, clock: systemClock, timezone: 'UTC', check }),
      fatal: () => {},
    }),
    { input: { runtime: undefined } },
  ).start()
  scheduler.send({ type: 'START' })
  const isRunning = (snapshot: unknown): boolean => (snapshot as { value: string }).value === 'running'
  await waitFor(scheduler, isRunning, { timeout: 120_000 })
  await sleep(0)
  return {
    stop: async () => {
      scheduler.send({ type: 'DRAIN' })
      await waitFor(scheduler, ({ status }) => status === 'done', { timeout: 120_000 })
      await database?.close()
    },
  }
}

function startCroner({ jobs }: Load): Running {
  const crons = Array.from({ length: jobs }, (_, at) => {
    const second = (at % 60) * 1_000
    // Croner does not say for which time it runs: the last one that it can have been.
    return new Cron(`${at % 60} * * * * *`, { timezone: 'UTC' }, () =>
      note(Math.floor((Date.now() - second) / 60_000) * 60_000 + second),
    )
  })
  return {
    stop: async () => {
      for (const cron of crons) cron.stop()
    },
  }
}

const load = JSON.parse(process.argv[2] ?? '{}') as Load
const heapBefore = heapUsed()
const startedAt = performance.now()
const running = load.engine === 'croner' ? startCroner(load) : await startPawl(load)
const registered = performance.now() - startedAt
// Those that are spread by a start begin 5 s after it.
from = Math.ceil(Date.now() / 1_000) * 1_000 + (load.schedule === 'second' ? 7_000 : 1_000)
until = from + load.seconds * 1_000
await sleep(from - Date.now())
// Not before: what has just been written is held until its answer is read.
const heap = heapUsed() - heapBefore
const before = process.cpuUsage()
const began = performance.now()
await sleep(until - Date.now())
const spent = process.cpuUsage(before)
const took = performance.now() - began
// The last ones may be late.
await sleep(load.schedule === 'rare' ? 0 : 3_000)
const fired = lateness.toSorted((a, b) => a - b)
const due = { rare: 0, second: load.jobs * load.seconds, minute: (load.jobs * load.seconds) / 60 }[
  load.schedule
]
const { rss } = process.memoryUsage()
const stopping = performance.now()
await running.stop()
const result: LoadResult = {
  registered,
  heap,
  rss: rss / 2 ** 20,
  fired: fired.length,
  missed: due - fired.length,
  lateness: [percentile(0.5), percentile(0.99), fired.at(-1) ?? Number.NaN],
  cpu: (spent.user + spent.system) / 1_000 / took,
  stopped: performance.now() - stopping,
}
console.log(JSON.stringify(result))
process.exit()

function percentile(share: number): number {
  return fired[Math.floor(fired.length * share)] ?? Number.NaN
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
