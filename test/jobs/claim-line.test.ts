import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClaimLine, type DueJob } from '../../src/jobs/claim-line.ts'
import { createRecord } from '../../src/jobs/job-record.ts'
import type { Claim, Claimed } from '../../src/jobs/job-store.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { silentLogger } from '../../src/logger.ts'

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
  const line = new ClaimLine(
    {
      logger: silentLogger,
      store: Object.assign(Object.create(store) as typeof store, {
        claim: (claims: readonly Claim[]) => {
          told.push(`ask ${claims.map(({ job }) => job).join()}`)
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
      granted: ({ record }) => void told.push(`begin ${record.rules.name}`),
      failed: ({ record }) => void told.push(`failed ${record.rules.name}`),
    },
  )
  let seconds = 0
  const due = (name: string): void => {
    const record = records.get(name)
    assert.ok(record)
    const fireTimes = [new Date(NOW.getTime() + ++seconds * 1_000)]
    line.add({ record, fireTimes, from: 0, next: undefined, down: false } satisfies DueJob)
  }
  return {
    line,
    due,
    told: () => told.splice(0),
    succeed: () => answer.shift()?.((claims) => store.claim(claims)),
    fail: () => answer.shift()?.(() => Promise.reject(new Error('the database is away'))),
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
  assert.deepEqual(told(), ['ask c,d', 'begin a', 'begin b'])
  await succeed()
  await line.idle()
  assert.deepEqual(told(), ['begin c', 'begin d'])
})

test('a job is claimed again when it has begun, and not before', async () => {
  const { line, due, told, succeed } = await openLine(['a', 'b'])
  due('a')
  await turn()
  due('a')
  due('b')
  await succeed()
  assert.deepEqual(told(), ['ask a', 'ask b', 'begin a'])
  await succeed()
  assert.deepEqual(told(), ['ask a', 'begin b'])
  await succeed()
  await line.idle()
  assert.deepEqual(told(), ['begin a'])
})

test('a claim that fails is told for each of its jobs, and those that wait are asked for', async () => {
  const { line, due, told, succeed, fail } = await openLine(['a', 'b'])
  due('a')
  await turn()
  due('b')
  await fail()
  await succeed()
  await line.idle()
  assert.deepEqual(told(), ['ask a', 'ask b', 'failed a', 'begin b'])
})
