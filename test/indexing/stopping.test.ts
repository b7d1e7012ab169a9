import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeaseLostError, UnjournallableTableError } from '../../src/errors.ts'
import { createLevelGate } from '../../src/indexing/level-gate.ts'
import { simulateChain, TestClock } from '../../src/testing/index.ts'
import { neverAborted, openIndexing, ref } from './indexing-fixture.ts'

for (const [what, finality] of [
  ['a level that can be undone', 64],
  ['a transaction of many levels', 0],
] as const) {
  test(`draining in ${what} commits the level that runs, and no other`, async (t) => {
    const { process, rows, refs } = await openIndexing(t)
    const chain = simulateChain({ seed: 1, length: 30, finality })
    const drain = new AbortController()
    const { follower, progress } = process(chain.datasource(), {
      handler: ({ level }) => {
        if (level === 12) drain.abort(new Error('stop'))
      },
    })
    await follower.prepare(neverAborted().signal)
    const outcome = await follower.advance({ ...neverAborted(), drain: drain.signal })
    assert.deepEqual(outcome, { type: 'stopped' })
    assert.deepEqual(await rows(), chain.canonical().slice(0, 13).map(ref))
    assert.equal(follower.status.level, 12)
    assert.equal(progress.at(-1)?.level, 12)
    assert.equal((await refs()).at(-1), 12)

    await process(chain.datasource()).start()
    assert.deepEqual(await rows(), chain.canonical().map(ref))
  })
}

test('draining while the source hangs stops at once', async (t) => {
  const { process } = await openIndexing(t)
  const chain = simulateChain({ seed: 2, length: 30 })
  const { follower } = process(chain.datasource())
  await follower.prepare(neverAborted().signal)
  for (const method of ['head', 'finalized', 'blocks'] as const) {
    const drain = new AbortController()
    chain.before(method, () => queueMicrotask(() => drain.abort()))
    chain.hang({ method })
    assert.deepEqual(await follower.advance({ ...neverAborted(), drain: drain.signal }), { type: 'stopped' })
  }
})

test('draining ends the waiting for a head', async (t) => {
  const { process } = await openIndexing(t)
  const { changed: _, ...polled } = simulateChain({ seed: 3 }).datasource()
  for (const datasource of [simulateChain({ seed: 3 }).datasource(), polled]) {
    const clock = new TestClock()
    const { start, follower } = process(datasource, { clock })
    await start()
    const drain = new AbortController()
    const waiting = follower.waitForHead({ ...neverAborted(), drain: drain.signal })
    drain.abort()
    await waiting
    assert.equal(clock.pending, 0)
  }
})

test('cutting off a handler leaves nothing of its transaction', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 4, length: 20 })
  const cut = new AbortController()
  const reason = new Error('cut off')
  const { follower } = process(chain.datasource(), {
    handler: async ({ level }, _transaction, signal) => {
      if (level !== 8) return
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve())
        cut.abort(reason)
      })
    },
  })
  await follower.prepare(neverAborted().signal)
  await assert.rejects(
    follower.advance({ ...neverAborted(), signal: cut.signal }),
    (error) => error === reason,
  )
  assert.deepEqual(await rows(), chain.canonical().slice(0, 8).map(ref))
  await process(chain.datasource()).start()
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('a handler that throws leaves nothing of its level, and all of those before', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 5, length: 20 })
  const error = new Error('handler')
  let broken = true
  const { start, advance, follower } = process(chain.datasource(), {
    handler: ({ level }) => {
      if (level === 8 && broken) throw error
    },
  })
  await assert.rejects(start(), (thrown) => thrown === error)
  assert.equal((await rows()).length, 8)
  assert.equal(follower.status.level, 7)
  broken = false
  assert.deepEqual(await advance(), { type: 'head' })
  assert.equal((await rows()).length, 20)
})

test('a process whose lease was taken over writes nothing more', async (t) => {
  const { process, rows, database } = await openIndexing(t)
  await database.sql`insert into pawl.fence (name, number) values ('indexer', 7)`
  const chain = simulateChain({ seed: 6, length: 10 })
  const { start, advance } = process(chain.datasource(), { fence: 7n })
  await start()
  await database.sql`update pawl.fence set number = 8`
  chain.extend(3)
  await assert.rejects(advance(), (error) => {
    assert.ok(error instanceof LeaseLostError)
    assert.match(error.message, /index "transfers": another process took the lease over/)
    return true
  })
  assert.equal((await rows()).length, 10)
})

test('of two processes without a lease, the one that was overtaken stops', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 7, length: 10 })
  const one = process(chain.datasource())
  const two = process(chain.datasource())
  await one.start()
  await two.start()
  chain.extend(3)
  await two.advance()
  await assert.rejects(one.advance(), (error) => {
    assert.ok(error instanceof LeaseLostError)
    assert.match(error.message, /does not stand at level 9 any more/)
    return true
  })
  assert.deepEqual(await rows(), chain.canonical().map(ref))
})

test('work that wants to be alone ends a transaction of many levels, and no level overlaps it', async (t) => {
  const { process, rows } = await openIndexing(t)
  const gate = createLevelGate()
  const chain = simulateChain({ seed: 8, length: 50, finality: 0 })
  let alone: Promise<number> | undefined
  let running = 0
  const { start } = process(chain.datasource(), {
    gate,
    handler: async ({ level }) => {
      running += 1
      if (level === 20) {
        alone = gate.exclusive(async () => {
          assert.equal(running, 0)
          return (await rows()).length
        })
      }
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    },
  })
  await start()
  assert.equal(await alone, 21)
  assert.equal((await rows()).length, 50)
})

test('draining while something else is alone stops without waiting for it', async (t) => {
  const { process } = await openIndexing(t)
  const gate = createLevelGate()
  const chain = simulateChain({ seed: 9, length: 5 })
  const { follower } = process(chain.datasource(), { gate })
  await follower.prepare(neverAborted().signal)
  let release = (): void => {}
  const alone = gate.exclusive(
    () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  )
  const drain = new AbortController()
  const advancing = follower.advance({ ...neverAborted(), drain: drain.signal })
  chain.before('blocks', () => {})
  setImmediate(() => drain.abort())
  assert.deepEqual(await advancing, { type: 'stopped' })
  release()
  await alone
})

test('a transaction of many levels does not grow older than some seconds', async (t) => {
  const { process, refs } = await openIndexing(t)
  const clock = new TestClock()
  const chain = simulateChain({ seed: 10, length: 36, finality: 0 })
  const { start } = process(chain.datasource(), {
    clock,
    prune: async () => {},
    // The first ranges are short: 2, 2, 2, 2, 4, 8 and 16 levels.
    handler: ({ level }) => (level < 20 ? undefined : clock.advance(2_000)),
  })
  await start()
  assert.deepEqual(
    (await refs()).filter((level) => level >= 20),
    [22, 25, 28, 31, 34, 35],
  )
})

test('a table made inside a level is an error that says where tables are made', async (t) => {
  const { process, rows } = await openIndexing(t)
  const chain = simulateChain({ seed: 11, length: 3 })
  const { start } = process(chain.datasource(), {
    handler: async (_, { sql }) => {
      await sql`create table if not exists made_in_a_level (id int primary key)`
    },
  })
  await assert.rejects(start(), (error) => {
    assert.ok(error instanceof UnjournallableTableError)
    assert.match(error.message, /index "transfers", level 0: table made_in_a_level/)
    assert.match(error.hint ?? '', /on_reindex/)
    return true
  })
  assert.deepEqual(await rows(), [])
})

test('a wipe starts the index anew after a reload', async (t) => {
  const { process, rows, database } = await openIndexing(t)
  const chain = simulateChain({ seed: 12, length: 5 })
  const { start, advance, follower } = process(chain.datasource())
  await start()
  await database.sql`update pawl.index set level = null, hash = null, finalized = null`
  await database.sql`delete from pawl.version`
  await database.sql`delete from pawl.block`
  await database.sql`truncate seen`
  await follower.reload()
  assert.equal(follower.status.level, undefined)
  assert.deepEqual(await advance(), { type: 'head' })
  assert.equal((await rows()).length, 5)
})
