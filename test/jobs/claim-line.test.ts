import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClaimLine } from '../../src/jobs/claim-line.ts'
import type { DueJob } from '../../src/jobs/due-job.ts'
import { createRecord } from '../../src/jobs/job-record.ts'
import type { Claim, Claimed } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { silentLogger } from '../../src/logger.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A line over a store that answers when it is told to; what it asked for and what was granted, in their order. */
async function openLine(jobs: readonly string[]) {
  const store = createMemoryJobStore()
  const states = await store.load(
    jobs.map((name) => ({ name, hook: 'hook', schedule: '' })),
    NOW,
  )
  const config = { hook: 'hook', interval: 60 } as const
  const records = new Map(
    [...states].map(([name, state]) => [name, createRecord(config, parseTrigger(config), state, {})]),
  )
  const told: string[] = []
  const answer: ((work: (claims: readonly Claim[]) => Promise<readonly Claimed[]>) => Promise<void>)[] = []
  const clock = new TestClock({ start: NOW })
  const line = new ClaimLine(
    {
      clock,
      logger: silentLogger,
      store: Object.assign(Object.create(store) as typeof store, {
        claim: (claims: readonly Claim[]) => {
          told.push(
            `ask${claims.some(({ again }) => again) ? ' again' : ''} ${claims.map(({ job }) => job).join()}`,
          )
          return new Promise<readonly Claimed[]>((resolve, reject) => {
            answer.push(async (work) => {
              await work(claims).then(resolve, reject)
              for (let n = 0; n < 4; n++) await turn()
            })
          })
        },
      }),
    },
    {
      granted: ({ record }, fireTimes) =>
        void told.push(`begin ${record.rules.name} ${fireTimes.map((time) => time.getUTCSeconds()).join()}`),
      answered: ({ rules }) => void told.push(`answered ${rules.name}`),
      ahead: () => assert.fail('no clock was set back'),
      gone: (gone) => void told.push(`gone ${gone.map(({ rules }) => rules.name).join()}`),
    },
  )
  let seconds = 0
  const due = (name: string): void => {
    const record = records.get(name)
    assert.ok(record)
    const fireTimes = [new Date(NOW.getTime() + ++seconds * 1_000)]
    line.add({ record, fireTimes, next: undefined, down: false } satisfies DueJob)
  }
  return {
    line,
    store,
    due,
    wait: () => clock.advance(1_000),
    told: () => told.splice(0),
    succeed: () => answer.shift()?.((claims) => store.claim(claims)),
    fail: () => answer.shift()?.(() => Promise.reject(new Error('the database is away'))),
    /** It is carried out, and the answer is lost. */
    lose: () =>
      answer.shift()?.(async (claims) => {
        await store.claim(claims)
        throw new Error('the connection was lost')
      }),
  }
}

test('what comes together is one claim, and the next is asked for before that begins', async () => {
  const { line, due, told, succeed } = await openLine(['a', 'b', 'c', 'd'])
  due('a')
  due('b')
  await turn()
  due('c')
  due('d')
  await turn()
  assert.deepEqual(told(), ['ask a,b'])
  await succeed()
  assert.deepEqual(told(), ['ask c,d', 'begin a 1', 'begin b 2'])
  await succeed()
  await line.drain()
  assert.deepEqual(told(), ['begin c 3', 'begin d 4'])
})

test('a job is claimed again when it has begun, and not before', async () => {
  const { line, due, told, succeed } = await openLine(['a', 'b'])
  due('a')
  await turn()
  due('a')
  due('b')
  await succeed()
  assert.deepEqual(told(), ['ask a', 'ask b', 'begin a 1'])
  await succeed()
  assert.deepEqual(told(), ['ask a', 'begin b 3'])
  await succeed()
  await line.drain()
  assert.deepEqual(told(), ['begin a 2'])
})

test('a claim that failed is asked again, and before it nothing else of its job', async () => {
  const { line, due, told, succeed, fail, wait } = await openLine(['a', 'b'])
  due('a')
  await turn()
  due('a')
  due('b')
  await fail()
  assert.deepEqual(told(), ['ask a', 'ask b'])
  await succeed()
  assert.deepEqual(told(), ['begin b 3'])
  await wait()
  assert.deepEqual(told(), ['ask again a'])
  await succeed()
  assert.deepEqual(told(), ['begin a 1', 'answered a', 'ask a'])
  await succeed()
  await line.drain()
  assert.deepEqual(told(), ['begin a 2'])
})

test('a claim whose answer was lost has what it took', async () => {
  const { line, due, told, succeed, lose, wait } = await openLine(['a'])
  due('a')
  await turn()
  await lose()
  await wait()
  await succeed()
  await line.drain()
  assert.deepEqual(told(), ['ask a', 'ask again a', 'begin a 1', 'answered a'])
})

test('who drains asks a last time for what had no answer', async () => {
  const { line, due, told, succeed, lose } = await openLine(['a'])
  due('a')
  await turn()
  await lose()
  const drained = line.drain()
  await turn()
  await succeed()
  await drained
  assert.deepEqual(told(), ['ask a', 'ask again a', 'begin a 1', 'answered a'])
})

test('a job that is gone is told, and begins nothing', async () => {
  const { line, store, due, told, succeed } = await openLine(['a', 'b'])
  await store.change('a', { type: 'remove' }, NOW)
  due('a')
  due('b')
  await turn()
  await succeed()
  await line.drain()
  assert.deepEqual(told(), ['ask a,b', 'begin b 2', 'gone a'])
})
