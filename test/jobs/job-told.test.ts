import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { JobConfig, JobConfigs } from '../../src/config/config.ts'
import { DaemonEndedError, StoppingError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import type { Database } from '../../src/database/database.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler, type Fire } from './running-scheduler.ts'

// Each thing that becomes of a fire time is an event with its reason, and a count of its job. `pawl run` makes the event a line: the
// logger says nothing beside it.

const HOUR = 3_600_000
const hourly: JobConfig = { hook: 'stats', crontab: '0 * * * *' }
const forever: Fire = () => new Promise(() => {})
const boom: Fire = () => Promise.reject(new Error('boom'))

function recordingLogger() {
  const lines: Record<string, unknown>[] = []
  const line =
    (level: string) =>
    (message: string, fields: object = {}): void =>
      void lines.push({ line: `${level}: ${message}`, ...fields })
  const logger: Logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => logger,
  }
  return { logger, lines }
}

interface Told {
  readonly job: JobConfig
  readonly fire?: Fire
  /** After the job's hour has come at 01:00. */
  readonly then?: (run: ReturnType<typeof startScheduler>) => unknown
  readonly event: Readonly<Record<string, unknown>>
  readonly counts: Readonly<Record<string, bigint>>
}

const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour))

const CASES: Readonly<Record<string, Told>> = {
  'coalesced fire times': {
    job: hourly,
    then: ({ clock }) => clock.leap(3 * HOUR),
    event: { type: 'job.fired', fireTime: at(4), fireTimes: 3 },
    counts: { fired: 2n, coalesced: 2n },
  },
  'fire times that were missed because they were late': {
    job: { ...hourly, misfireGraceTime: 60 },
    then: ({ clock }) => clock.leap(2.5 * HOUR),
    event: { type: 'job.missed', fireTimes: [at(2), at(3)], count: 2, reason: 'late' },
    counts: { fired: 1n, missed: 2n, coalesced: 0n },
  },
  'a fire time that was skipped because the job still ran': {
    job: hourly,
    fire: forever,
    then: ({ clock }) => clock.advance(HOUR),
    event: { type: 'job.skipped', fireTime: at(2), running: 1, reason: 'maxInstances' },
    counts: { fired: 1n, skipped: 1n },
  },
  'a fire time that was skipped because it was not in its phase': {
    job: { ...hourly, when: 'syncing' },
    then: async ({ clock, send }) => {
      send({ type: 'SYNCHRONIZED' })
      await clock.advance(HOUR)
    },
    event: { type: 'job.skipped', fireTime: at(2), running: 0, reason: 'when' },
    counts: { fired: 1n, skipped: 1n },
  },
  'a firing by hand that was skipped because the paused job still ran': {
    job: hourly,
    fire: forever,
    then: async ({ clock, jobs }) => {
      await jobs.pause('job')
      await jobs.run('job')
      await clock.advance(1)
    },
    event: { type: 'job.skipped', running: 1, reason: 'paused' },
    counts: { fired: 1n, skipped: 1n },
  },
  'a firing that failed': {
    job: hourly,
    fire: boom,
    event: { type: 'job.failed', restartIn: undefined, error: new Error('boom') },
    counts: { fired: 1n, failed: 1n },
  },
  'a firing that is tried again': {
    job: { ...hourly, retry: { attempts: 2, delay: '2h' } },
    fire: boom,
    event: { type: 'job.retried', fireTime: at(1), attempt: 2, delay: 2 * HOUR, error: new Error('boom') },
    counts: { fired: 1n, retried: 1n, failed: 0n },
  },
  'a firing that was refused because Pawl stops': {
    job: hourly,
    fire: () => Promise.reject(new StoppingError('Pawl is stopping')),
    event: { type: 'job.failed', error: new StoppingError('Pawl is stopping') },
    // How often it fired is not asked: nothing stops here, and the next heartbeat takes it again.
    counts: { failed: 0n },
  },
  'a daemon that returned': {
    job: { hook: 'watch', daemon: true },
    fire: () => {},
    event: {
      type: 'job.failed',
      error: new DaemonEndedError('the hook of daemon "job" returned, and is to run as long as Pawl does', {
        hint: 'Let it wait for what comes until ctx.signal is aborted; give what is done and over an interval.',
      }),
      restartIn: 1_000,
    },
    counts: {},
  },
}

for (const [what, { job, fire, then, event, counts }] of Object.entries(CASES)) {
  test(`told once, and counted: ${what}`, async (t) => {
    const database = await openTestDatabase(t)
    const { run, lines } = await start(t, { database, jobs: { job }, at: '2026-01-01T00:59:59', fire })
    await run.clock.advance(1_000)
    await then?.(run)
    await run.clock.advance(0)
    assertHas(run.events, { job: 'job', ...event })
    assert.deepEqual(lines, [])
    assert.deepEqual(await countsOf(database, Object.keys(counts)), counts)
  })
}

test('told once, and counted: what was missed while the process was down, and what died with it', async (t) => {
  const database = await openTestDatabase(t)
  const jobs: JobConfigs = { job: { ...hourly, catchUp: false } }
  const first = await start(t, { database, jobs, at: '2026-01-01T00:59:59', fire: forever })
  await first.run.clock.advance(1_000)
  await first.run.kill()
  const { run, lines } = await start(t, { database, jobs, at: '2026-01-01T03:30:00' })
  await run.clock.advance(1)
  assertHas(run.events, { type: 'job.missed', fireTimes: [at(2), at(3)], count: 2, reason: 'down' })
  const [failed] = run.events.flatMap((event) => (event.type === 'job.failed' ? [event.error] : []))
  assert.match(String(failed), /the process that ran job "job" for 2026-01-01T01:00:00.000Z ended before/)
  assert.deepEqual(lines, [])
  assert.deepEqual(await countsOf(database, ['missed', 'failed']), { missed: 2n, failed: 1n })
})

test('told once, and counted: a firing that was left behind of a job that is gone', async (t) => {
  const database = await openTestDatabase(t)
  const first = await start(t, { database, jobs: { job: hourly }, at: '2026-01-01T00:59:59', fire: forever })
  await first.run.clock.advance(1_000)
  await first.run.kill()
  const { run, lines } = await start(t, { database, jobs: {}, at: '2026-01-01T03:30:00' })
  await run.clock.advance(1)
  assertHas(run.events, { type: 'job.skipped', job: 'job', fireTime: at(1), running: 0, reason: 'removed' })
  assert.deepEqual(lines, [])
  assert.deepEqual(await countsOf(database, ['skipped']), { skipped: 1n })
  assert.deepEqual(await run.jobs.list(), [])
})

test('a job that vanished from the config does not fire, and begins anew when it comes back', async (t) => {
  const database = await openTestDatabase(t)
  const own = database.sql(database.ownSchema)
  for (const [jobs, from, fired] of [
    [{ job: hourly }, '2026-01-01T00:30:00', ['fired 01:00 for 1']],
    [{}, '2026-01-01T02:30:00', []],
    // Neither the hours before it was gone nor those in which it was are due.
    [{ job: hourly }, '2026-01-01T06:30:00', ['fired 07:00 for 1']],
  ] as const) {
    const { run } = await start(t, { database, jobs, at: from })
    await run.clock.advance(HOUR)
    assert.deepEqual(run.told('job'), fired)
    const [row] = await database.sql`select retired_at is not null as retired from ${own}.job`
    assert.deepEqual(row, { retired: fired.length === 0 })
    await run.drain()
  }
})

test('told and counted: a fire time whose job was paused while it was claimed', async (t) => {
  const store = createMemoryJobStore()
  const { claim } = store
  const run = startScheduler(t, { database: store, jobs: { job: hourly }, at: '2026-01-01T00:59:59' })
  store.claim = async (claims) => {
    const answers = await claim.call(store, claims)
    await run.jobs.pause('job')
    return answers
  }
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(1_000)
  assertHas(run.events, { type: 'job.skipped', job: 'job', fireTime: at(1), running: 0, reason: 'paused' })
  const [job] = await store.read()
  assert.deepEqual([job?.fired, job?.skipped], [0, 1])
})

async function start(
  t: TestContext,
  options: {
    readonly database: Database
    readonly jobs: JobConfigs
    readonly at: string
    readonly fire?: Fire | undefined
  },
) {
  const { logger, lines } = recordingLogger()
  const { fire = () => {}, ...rest } = options
  const run = startScheduler(t, { ...rest, fire, logger })
  run.send({ type: 'START' })
  await run.running()
  return { run, lines }
}

/** One of `all` has at least these fields. */
function assertHas(all: readonly object[], wanted: object): void {
  const found = all.some((one) => {
    const part = Object.fromEntries(
      Object.keys(wanted).map((key) => [key, (one as Record<string, unknown>)[key]]),
    )
    try {
      assert.deepEqual(part, wanted)
      return true
    } catch {
      return false
    }
  })
  if (!found) assert.deepEqual(all, [wanted], 'none has these fields')
}

async function countsOf(database: Database, names: readonly string[]): Promise<Record<string, unknown>> {
  const [row] = await database.sql`select * from ${database.sql(database.ownSchema)}.job`
  return Object.fromEntries(names.map((name) => [name, row?.[name]]))
}
