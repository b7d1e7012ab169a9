import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobConfigs } from '../../src/config/config.ts'
import type { PawlEvent } from '../../src/events.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { startScheduler, type RunningScheduler } from './running-scheduler.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-01-01T00:00Z')
const YEAR = 365 * DAY

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Cairo',
]
const CRONTABS = [
  '30 2 * * *',
  '0 */6 * * *',
  '15 1 * * MON-FRI',
  '0 0 L * *',
  '0 12 1,15 * 5',
  '45 23 * * 0',
  '0 9 * * 1#2',
]

/** 50 jobs: crontabs in six zones, with and without jitter, and intervals. */
const JOBS: JobConfigs = Object.fromEntries(
  Array.from({ length: 50 }, (_, at): [string, JobConfigs[string]] => {
    const rules = { hook: 'hook', coalesce: at % 3 !== 0, ...(at % 4 === 0 ? { jitter: '10m' } : {}) }
    if (at % 5 === 4) return [`job_${at}`, { ...rules, interval: `${3 + (at % 7)}h` }]
    const crontab = CRONTABS[at % CRONTABS.length] ?? ''
    return [`job_${at}`, { ...rules, crontab, timezone: ZONES[at % ZONES.length] ?? 'UTC' }]
  }),
)

/** Always the same, so that a failure comes again. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

for (const [name, trouble, length] of [
  ['a quiet season', 0, YEAR / 4],
  ['a year of pauses, clock jumps, suspends, crashes and restarts', 0.3, YEAR],
] as const) {
  test(`${name}: every fire time of 50 jobs is accounted for, none twice`, async (t) => {
    const random = numbers(7)
    const store = createMemoryJobStore()
    const events: PawlEvent[] = []
    const start = async (at: number): Promise<RunningScheduler> => {
      const run = startScheduler(t, {
        database: store,
        quick: true,
        jobs: JOBS,
        at,
        // Few fail, and few take an hour.
        fire: async ({ origin }) => {
          const luck = (origin.fireTime?.getTime() ?? 0) % 97
          if (luck === 1) throw new Error('boom')
          if (luck === 2) await new Promise((resolve) => run.clock.setTimeout(() => resolve(undefined), HOUR))
        },
        onEvent: (event) => void events.push(event),
      })
      run.send({ type: 'START' })
      await run.running()
      return run
    }
    let run = await start(START)
    let latest = START
    const restart = async (hours: number, crash: boolean): Promise<void> => {
      const now = run.clock.now()
      if (crash) await run.kill()
      else {
        const drained = run.drain()
        while ((await Promise.race([drained.then(() => true), run.clock.advance(HOUR)])) !== true);
      }
      run = await start(Math.max(now, run.clock.now()) + hours * HOUR)
    }
    /** Each of them for a while, also over a restart. */
    const pauses = new Map<string, Span[]>()
    const pauseSome = async (hours: number): Promise<void> => {
      const names = Object.keys(JOBS).filter(() => random(4) === 0)
      for (const name of names) await run.jobs.pause(name)
      const from = run.clock.now()
      if (random(2) === 0) await restart(hours, random(2) === 0)
      else await run.clock.advance(hours * HOUR)
      await run.clock.advance(61_000)
      const to = run.clock.now()
      for (const name of names) {
        await run.jobs.resume(name)
        pauses.set(name, [...(pauses.get(name) ?? []), { from, to }])
      }
    }
    while (run.clock.now() < START + length) {
      const hours = 1 + random(48)
      const dice = random(1_000) / 1_000
      const kind = dice < trouble ? random(6) : -1
      if (kind === 0) await run.clock.leap(hours * HOUR)
      else if (kind === 1) run.clock.set(run.clock.now() + hours * HOUR)
      else if (kind === 2) run.clock.set(run.clock.now() - 20 * 60_000)
      else if (kind === 3) await restart(hours, true)
      else if (kind === 4) await restart(hours, false)
      else if (kind === 5) await pauseSome(hours)
      else await run.clock.advance(hours * 3 * HOUR)
      await run.clock.advance(61_000)
      latest = Math.max(latest, run.clock.now())
    }
    await run.clock.advance(latest - run.clock.now() + 3 * HOUR)
    const until = Math.max(latest, run.clock.now())
    await run.drain()
    let total = 0
    for (const [job, config] of Object.entries(JOBS)) {
      total += account(job, config, { events, pauses: pauses.get(job) ?? [], until })
    }
    assert.ok(total > (15_000 * length) / YEAR, `${total} fire times`)
  })
}

interface Span {
  readonly from: number
  readonly to: number
}

function account(
  job: string,
  config: JobConfigs[string] & object,
  {
    events,
    pauses,
    until,
  }: { readonly events: readonly PawlEvent[]; readonly pauses: readonly Span[]; readonly until: number },
): number {
  const trigger = parseTrigger(config as { interval: number }, { job }).anchoredAt(new Date(START))
  const due = new Set<number>()
  for (
    let time = trigger.next(new Date(START));
    time !== undefined && time.getTime() <= until;
    time = trigger.next(time)
  ) {
    const at = time.getTime()
    if (!pauses.some(({ from, to }) => at > from && at <= to)) due.add(at)
  }
  const told = new Set<number>()
  let stood = 0
  for (const event of events) {
    if (!('job' in event) || event.job !== job) continue
    if (event.type === 'job.fired') stood += event.fireTimes - 1
    const times =
      event.type === 'job.fired' || event.type === 'job.skipped'
        ? [event.fireTime]
        : event.type === 'job.missed'
          ? event.fireTimes
          : []
    for (const time of times) {
      const at = time?.getTime() ?? Number.NaN
      assert.ok(due.has(at), `${job}: ${new Date(at).toISOString()} is none of its fire times`)
      assert.ok(!told.has(at), `${job}: ${new Date(at).toISOString()} twice`)
      told.add(at)
    }
  }
  assert.equal(told.size + stood, due.size, `${job}: fire times unaccounted for`)
  return due.size
}
