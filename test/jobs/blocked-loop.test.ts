import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createActor, waitFor } from 'xstate'
import { systemClock } from '../../src/clock.ts'
import type { JobConfig } from '../../src/config/config.ts'
import type { PawlEvent } from '../../src/events.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { schedulerLogic } from '../../src/jobs/scheduler.ts'
import { silentLogger } from '../../src/logger.ts'

/** ms. Each job is due four times while the event loop is blocked, and the last of them is not too late. */
const BLOCKED = 3_600

/** The machine's own clock and timers: resolves with what was told until `count` fire times were. */
function startForReal(t: TestContext, job: JobConfig, count: number): Promise<readonly PawlEvent[]> {
  const store = createMemoryJobStore()
  const check = () => []
  const events: PawlEvent[] = []
  return new Promise((resolve, reject) => {
    const scheduler = createActor(
      schedulerLogic({
        jobs: { job },
        clock: systemClock,
        timezone: 'UTC',
        postponeJobs: false,
        store,
        fire: async () => {},
        emit: (event) => {
          events.push(event)
          if (sum(events) >= count) resolve(events)
        },
        logger: silentLogger,
        defaults: {},
        retention: 3_600_000,
        check,
        desk: new JobDesk({ store, clock: systemClock, timezone: 'UTC', check }),
        fatal: reject,
      }),
      { input: { runtime: undefined } },
    ).start()
    t.after(() => scheduler.stop())
    scheduler.send({ type: 'START' })
    void waitFor(scheduler, (snapshot) => (snapshot as unknown as { value: string }).value === 'running')
  })
}

const sum = (events: readonly PawlEvent[]): number =>
  events.reduce((total, event) => {
    if (event.type === 'job.fired') return total + event.fireTimes
    return total + (event.type === 'job.missed' ? event.count : 0)
  }, 0)

test('fire times that a blocked event loop let pass are run or told, each by its job’s rules', async (t) => {
  const start = new Date(Date.now() + 500)
  const job: JobConfig = { hook: 'stats', interval: 1, start }
  const due = [0, 1_000, 2_000, 3_000].map((after) => start.getTime() + after)
  const told = Promise.all([
    startForReal(t, job, 4),
    startForReal(t, { ...job, coalesce: false }, 4),
    startForReal(t, { ...job, coalesce: false, misfireGraceTime: 1 }, 4),
  ])
  // The jobs are loaded.
  await new Promise((resolve) => void setImmediate(resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED)
  const [coalesced, each, graced] = await told
  assert.deepEqual(firedOf(coalesced), [due[3]])
  assert.deepEqual(firedOf(each), due)
  const [missed] = graced.flatMap((event) => (event.type === 'job.missed' ? [event] : []))
  assert.deepEqual([...(missed?.fireTimes ?? []).map(Number), ...firedOf(graced)], due)
  assert.ok((missed?.count ?? 0) >= 2, 'those that were late')
})

const firedOf = (events: readonly PawlEvent[]): readonly number[] =>
  events.flatMap((event) => (event.type === 'job.fired' ? [Number(event.fireTime)] : []))
