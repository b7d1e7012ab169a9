import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { hook } from 'pawl'
import { TestClock } from 'pawl/testing'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { Lane } from '../../src/hooks/lane.ts'
import { silentLogger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'

const DAY = 86_400_000

/** Numbers as they come. */
class Noted {
  readonly #numbers: number[] = []
  readonly #more = new EventEmitter()

  add(number: number): void {
    this.#numbers.push(number)
    this.#more.emit('more')
  }

  /** Resolves when there are so many. */
  async first(count: number): Promise<readonly number[]> {
    while (this.#numbers.length < count) await once(this.#more, 'more')
    return this.#numbers
  }
}

/** Says how long it was asked to wait. */
class AskedClock extends TestClock {
  readonly waits = new Noted()

  override setTimeout(run: () => void, delay: number): unknown {
    const timer = super.setTimeout(run, delay)
    this.waits.add(delay)
    return timer
  }
}

/** A hook's lane, with all slots, whose one firing is due after `wait` ms. */
async function openLane(
  t: TestContext,
  { wait, maxConcurrency }: { readonly wait: number; readonly maxConcurrency: number },
) {
  const database = await openTestDatabase(t)
  const { sql } = database
  const [id, process] = [randomUUID(), randomUUID()]
  await sql`
    insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
    values (${process}, 'this', 1, '', '', '{}', '{announce}', '{}', 'infinity')`
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${process}, ${maxConcurrency})`
  const clock = new AskedClock()
  const origin = { type: 'outside' } as const
  const firing = { args: {}, origin, at: undefined, confirmations: 0, key: undefined, reversible: false }
  await new FiringStore(database).add(sql, { id, hook: 'announce', ...firing }, new Date(clock.now() + wait))
  const claims = new FiringClaims(database, process)
  const ran = new Noted()
  const begin = clock.now()
  const lane = new Lane({
    name: 'announce',
    hook: hook({ maxConcurrency, run: () => {} }),
    claims,
    clock,
    logger: silentLogger,
    run: async (held) => {
      const began = clock.now() - begin
      await claims.finish(held)
      ran.add(began)
    },
    shed: () => {},
    emit: () => {},
  })
  t.after(() => lane.close())
  lane.open()
  lane.wanted(maxConcurrency)
  lane.grant(maxConcurrency)
  return { clock, ran, id, database }
}

for (const maxConcurrency of [1, 2]) {
  test(`a month is waited for by timers that Node can hold (${maxConcurrency} at a time)`, async (t) => {
    const { clock, ran } = await openLane(t, { wait: 30 * DAY, maxConcurrency })
    await clock.waits.first(1)
    await clock.advance(60_000)
    assert.deepEqual(await clock.waits.first(2), [60_000, 60_000])
    await clock.leap(30 * DAY)
    await ran.first(1)
  })
}

test('of several at a time one that failed waits as long as it should, and no longer', async (t) => {
  const { clock, ran } = await openLane(t, { wait: 100, maxConcurrency: 2 })
  assert.deepEqual(await clock.waits.first(1), [100])
  await clock.advance(100)
  assert.deepEqual(await ran.first(1), [100])
})

test('one that is due and that another process is about to have is looked at once a second', async (t) => {
  const { clock, ran, id, database } = await openLane(t, { wait: 5, maxConcurrency: 2 })
  await clock.waits.first(1)
  await database.transaction(async ({ sql }) => {
    await sql`select from pawl.firing where id = ${id} for update`
    await clock.advance(5)
    assert.deepEqual(await clock.waits.first(2), [5, 1_000])
    await clock.advance(1_000)
    assert.deepEqual(await clock.waits.first(3), [5, 1_000, 1_000])
  })
  await clock.advance(1_000)
  assert.deepEqual(await ran.first(1), [2_005])
})
