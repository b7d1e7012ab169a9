// One process of a fleet that fires the same jobs: started, and killed, by fleet.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { createActor, waitFor } from 'xstate'
import { systemClock } from '../../src/clock.ts'
import type { JobConfigs } from '../../src/config/config.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import { schedulerLogic } from '../../src/jobs/scheduler.ts'
import { silentLogger } from '../../src/logger.ts'

const [url = '', count = '0'] = process.argv.slice(2)
const jobs: JobConfigs = Object.fromEntries(
  Array.from({ length: Number(count) }, (_, at): [string, JobConfigs[string]] => [
    `job_${at}`,
    { hook: 'note', interval: 1 + (at % 3), coalesce: at % 2 === 0, retry: { attempts: 1 + (at % 2) } },
  ]),
)
const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
const store = createJobStore(database)
const check = () => []
const scheduler = createActor(
  schedulerLogic({
    jobs,
    clock: systemClock,
    timezone: 'UTC',
    postponeJobs: false,
    store,
    fire: async ({ origin }) => {
      await sleep(Math.random() * 300)
      await database.sql`insert into ran (job, fire_time) values (${origin.job}, ${origin.fireTime ?? null})`
    },
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
await waitFor(scheduler, (snapshot) => (snapshot as unknown as { value: string }).value === 'running')
const asked = new Promise<void>((resolve) => void process.once('SIGTERM', () => resolve()))
// Last: whoever reads this may send the signal at once.
console.log('running')
await asked
scheduler.send({ type: 'DRAIN' })
await waitFor(scheduler, ({ status }) => status === 'done', { timeout: 60_000 })
await database.close()
