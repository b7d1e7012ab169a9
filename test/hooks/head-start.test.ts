import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { hook, type PawlEvent } from 'pawl'
import { TestClock } from 'pawl/testing'
import { revertFirings } from '../../src/database/revert-firings.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import type { HookRetry } from '../../src/hooks/hook.ts'
import { Lane } from '../../src/hooks/lane.ts'
import type { QueuedFiring } from '../../src/hooks/queued-firing.ts'
import { silentLogger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'
import { addProcess } from './add-process.ts'
import { latch } from './latch.ts'

const PROCESS = '00000000-0000-4000-8000-000000000001'
/** So many quick ones, and a hook counts as quick. */
const QUICK = 20

interface Plan {
  readonly maxConcurrency?: number
  readonly retry?: HookRetry
  /** The numbers of those that wait to be let go. */
  readonly held?: readonly number[]
  /** The numbers of those that fail the first time. */
  readonly failing?: readonly number[]
}

/** A lane that has run twenty quick firings, 0 to 19, and 20 to 25 wait: of level 9 of an index. Those that are held it has begun. */
async function openLane(t: TestContext, { maxConcurrency = 1, retry, held = [], failing = [] }: Plan) {
  const database = await openTestDatabase(t)
  const { sql } = database
  await addProcess(sql, PROCESS)
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${PROCESS}, ${maxConcurrency})`
  await sql`insert into pawl.index (name, level) values ('blocks', 9)`
  const at = { index: 'blocks', level: 9 }
  const rest = { args: {}, origin: { type: 'handler', ...at }, at, confirmations: 0, key: undefined } as const
  const store = new FiringStore(database)
  for (let number = 0; number < QUICK + 6; number += 1) {
    await store.add(sql, { id: String(number), hook: 'announce', reversible: false, ...rest }, new Date(0))
  }
  const clock = new TestClock()
  const claims = new FiringClaims(database, PROCESS)
  const events: PawlEvent[] = []
  const ran: number[] = []
  const go = latch()
  const reached = new Map([...held, QUICK + 5].map((number) => [number, latch()]))
  const failed = new Set<number>()
  const run = async (firing: QueuedFiring, ended: () => void): Promise<void> => {
    const number = Number(firing.id)
    if (!(await (firing.beginning ?? claims.begin(firing)))) return
    ran.push(number)
    reached.get(number)?.open()
    if (held.includes(number)) await go.opened
    if (failing.includes(number) && !failed.has(number)) {
      failed.add(number)
      lane.failed()
      await claims.fail(firing, { attempts: 1, error: 'no answer', dueAt: new Date(0) })
      return
    }
    ended()
    await claims.finish(firing)
  }
  const runs: Promise<void>[] = []
  const lane = new Lane({
    name: 'announce',
    hook: hook({ maxConcurrency, ...(retry === undefined ? {} : { retry }), run: () => {} }),
    claims,
    clock,
    logger: silentLogger,
    run: (firing, ended) => {
      const running = run(firing, ended)
      runs.push(running)
      return running
    },
    shed: () => {},
    emit: (event) => void events.push(event as PawlEvent),
  })
  lane.open()
  lane.wanted(maxConcurrency)
  lane.grant(maxConcurrency)
  const began = (number: number): Promise<void> => reached.get(number)?.opened ?? assert.fail()
  /** Lets go what is held, and ends when nothing runs any more. */
  const end = async (): Promise<void> => {
    go.open()
    await lane.close()
    await Promise.all(runs)
  }
  const states = async () => {
    const rows = await sql`select id, state, attempts, begun from pawl.firing order by seq`
    return rows.map(({ id, state, attempts, begun }) => `${id} ${state} ${attempts} ${begun}`)
  }
  const noted = () => until(sql, (its) => its`select from pawl.firing where id = '21' and state = 'running'`)
  const emptied = () => until(sql, (its) => its`select where not exists (select from pawl.firing)`)
  return { noted, emptied, database, lane, clock, ran, events, began, go: go.open, states, end }
}

test('the next firing is noted as begun while a quick one runs, and begins at once after it', async (t) => {
  const { began, noted, states, go, ran, end } = await openLane(t, { held: [20] })
  await began(20)
  await noted()
  assert.deepEqual(await states(), [
    '20 running 1 true',
    '21 running 1 true',
    ...[22, 23, 24, 25].map((number) => `${number} queued 0 false`),
  ])
  go()
  await began(25)
  assert.deepEqual(ran, [...Array(26).keys()])
  await end()
})

test('of one at a time a firing that failed comes again before those that were noted as begun', async (t) => {
  const { began, ran, end } = await openLane(t, { failing: [20] })
  await began(25)
  assert.deepEqual(ran, [...Array(21).keys(), 20, 21, 22, 23, 24, 25])
  await end()
})

test('of several at a time each runs once', async (t) => {
  const { ran, end, emptied } = await openLane(t, { maxConcurrency: 3, failing: [20] })
  await emptied()
  assert.deepEqual(
    ran.toSorted((a, b) => a - b),
    [...Array(21).keys(), 20, 21, 22, 23, 24, 25],
  )
  await end()
})

for (const maxConcurrency of [1, 2]) {
  test(`what has not run when the process stops has not begun (${maxConcurrency} at a time)`, async (t) => {
    const held = maxConcurrency === 1 ? [20] : [20, 21]
    const { began, lane, states, end } = await openLane(t, { maxConcurrency, held })
    for (const number of held) await began(number)
    await lane.close()
    const waiting = [20, 21, 22, 23, 24, 25].filter((number) => !held.includes(number))
    assert.deepEqual(
      (await states()).filter((state) => !state.includes('running')),
      waiting.map((number) => `${number} queued 0 false`),
    )
    await end()
  })
}

test('the slot is kept until those that had not run are given back', async (t) => {
  const { began, noted, lane, go, end, database } = await openLane(t, { held: [20] })
  const { sql } = database
  await began(20)
  await noted()
  await database.transaction(async (locking) => {
    await locking.sql`select from pawl.firing where id = '21' for update`
    assert.equal(lane.wanted(0), undefined, 'it wants what it has')
    go()
    await until(sql, (its) => its`select where not exists (select from pawl.firing where id = '20')`)
    assert.equal(lane.wanted(0), undefined, 'it still does')
  })
  await until(sql, (its) => its`select where ${lane.wanted(0) === 0}`)
  assert.equal((await sql`select from pawl.firing where attempts = 0 and worker is null`).length, 5)
  await end()
})

// Its head start is 2 s old then: a reorg took it for one that runs.
test('one that waits for long is dropped when its level leaves the chain', async (t) => {
  const { began, noted, emptied, ran, database, clock, events, go, end } = await openLane(t, { held: [20] })
  await began(20)
  await noted()
  await database.transaction(({ sql }) => revertFirings(sql, 'pawl', { indexId: 1, toLevel: 8 }))
  await clock.advance(2_000)
  go()
  await emptied()
  assert.equal(ran.at(-1), 20)
  assert.deepEqual(
    events.map((event) => event.type === 'hook.dropped' && event.firing),
    ['21'],
  )
  await end()
})

test('none is noted early that might not be had again after a crash', async (t) => {
  const { began, states, end } = await openLane(t, { held: [20], retry: { attempts: 1 } })
  await began(20)
  assert.equal((await states())[1], '21 queued 0 false')
  await end()
})
