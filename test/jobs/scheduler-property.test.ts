import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JobConfigs } from '../../src/config/config.ts'
import type { PawlEvent } from '../../src/events.ts'
import { takeFireTimes } from '../../src/jobs/next-fire-times.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { startScheduler } from './running-scheduler.ts'

const START = Date.parse('2026-03-28T20:00Z')
const MINUTE = 60_000

const options = fc.record(
  {
    maxInstances: fc.integer({ min: 1, max: 3 }),
    coalesce: fc.boolean(),
    misfireGraceTime: fc.constantFrom(60, 600, 3_600),
  },
  { requiredKeys: [] },
)
const trigger = fc.constantFrom(
  { interval: '7m' },
  { interval: 90 },
  { crontab: '*/10 * * * *' },
  { crontab: '0,20,40 2-3 * * *', timezone: 'Europe/Berlin' },
  { crontab: '5 * * * *', timezone: 'America/New_York' },
)
const jobs = fc
  .array(fc.tuple(trigger, options), { minLength: 1, maxLength: 5 })
  .map((list) =>
    Object.fromEntries(list.map(([when, how], at) => [`job ${at}`, { hook: 'hook', ...when, ...how }])),
  ) as unknown as fc.Arbitrary<JobConfigs>

const minutes = fc.integer({ min: 1, max: 90 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), minutes }) },
  // A suspended machine, or an event loop that was blocked.
  fc.record({ do: fc.constant('leap' as const), minutes }),
  fc.record({ do: fc.constant('forward' as const), minutes }),
  // All of them together less than the three hours after which everything is reckoned anew.
  fc.record({ do: fc.constant('back' as const), minutes: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ do: fc.constant('restart' as const), minutes }),
  fc.record({ do: fc.constant('kill' as const), minutes }),
)

/** How a firing goes: at once, not before it is let go, or with an error. */
const outcome = fc.constantFrom('done', 'done', 'slow', 'failed')

test('no fire time is run twice, and none is unaccounted for, whatever happens to clock and process', async (t) => {
  const database = await openTestDatabase(t)
  await fc.assert(
    fc.asyncProperty(
      jobs,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.array(outcome, { minLength: 1, maxLength: 20 }),
      async (configs, steps, outcomes) => {
        const own = database.sql(database.ownSchema)
        await database.sql`truncate ${own}.job, ${own}.job_run, ${own}.process, ${own}.lane`
        const events: PawlEvent[] = []
        const slow: (() => void)[] = []
        let calls = 0
        const start = async (at: number) => {
          const run = startScheduler(t, {
            database,
            jobs: configs,
            at,
            fire: async () => {
              const how = outcomes[calls++ % outcomes.length]
              if (how === 'failed') throw new Error('boom')
              if (how === 'slow') await new Promise<void>((resolve) => void slow.push(resolve))
            },
            onEvent: (event) => void events.push(event),
          })
          run.send({ type: 'START' })
          await run.running()
          return run
        }
        const letGo = (): void => slow.splice(0).forEach((resolve) => resolve())

        let run = await start(START)
        let latest = START
        for (const { do: what, minutes: amount } of [...steps, { do: 'advance', minutes: 1 } as const]) {
          const now = run.clock.now()
          if (what === 'advance') await run.clock.advance(amount * MINUTE)
          else if (what === 'leap') await run.clock.leap(amount * MINUTE)
          else if (what === 'forward') run.clock.set(now + amount * MINUTE)
          else if (what === 'back') run.clock.set(now - amount * MINUTE)
          else {
            if (what === 'kill') {
              // A save that is under way when a process dies may be stored or not: then neither answer is wrong.
              await run.clock.advance(0)
              await run.kill()
            } else {
              const drained = run.drain()
              while ((await Promise.race([drained.then(() => true), run.clock.advance(0)])) !== true) letGo()
            }
            slow.length = 0
            run = await start(now + amount * MINUTE)
          }
          // Past the longest sleep, so that what the clock says was noticed.
          await run.clock.advance(MINUTE + 1)
          latest = Math.max(latest, run.clock.now())
          letGo()
        }
        // Where the clock was set back, what waited when the process died is only due when its time comes again.
        await run.clock.advance(Math.max(latest - run.clock.now(), 0) + 2 * MINUTE)
        for (let before = -1; before !== events.length;) {
          before = events.length
          letGo()
          await run.clock.advance(0)
        }
        latest = Math.max(latest, run.clock.now())
        await run.kill()
        for (const [name, config] of Object.entries(configs))
          accountFor(name, config as { interval: number }, events, latest)
      },
    ),
    { numRuns: 15 },
  )
})

function accountFor(
  name: string,
  config: { readonly interval: number },
  events: readonly PawlEvent[],
  until: number,
): void {
  const from = new Date(START)
  const due = takeFireTimes(parseTrigger(config).anchoredAt(from), { from, count: 3_000 })
    .map((time) => time.getTime())
    .filter((time) => time <= until)
  const fired: number[] = []
  const others: number[] = []
  let coalesced = 0
  for (const event of events) {
    if (!('job' in event) || event.job !== name) continue
    if (event.type === 'job.fired') {
      if (event.fireTime) fired.push(event.fireTime.getTime())
      coalesced += event.fireTimes - 1
    } else if (event.type === 'job.missed') others.push(...event.fireTimes.map((time) => time.getTime()))
    else if (event.type === 'job.skipped') others.push(event.fireTime.getTime())
  }
  const told = [...fired, ...others]
  assert.equal(new Set(told).size, told.length, `${name}: a fire time twice`)
  for (const time of told) assert.ok(due.includes(time), `${name}: ${new Date(time).toISOString()} is none`)
  assert.equal(told.length + coalesced, due.length, `${name}: fire times unaccounted for`)
}
