import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config, IndexConfig } from 'pawl'
import { simulateChain, type SimulatedChain } from 'pawl/testing'
import { ManualClock } from '../machines/manual-clock.ts'
import { relayTo } from '../support/relay.ts'
import { tamperingRelayTo } from '../support/tampering-relay.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { createRoot, startRoot, type Emitted } from './running-root.ts'

const LIMIT = { timeout: 120_000 }

const following = (chain: SimulatedChain): IndexConfig => ({
  datasource: chain.datasource(),
  handler: () => {},
})

const retriesOf = ({ events }: Emitted) =>
  events.flatMap((event) => (event.type === 'lifecycle.retrying' ? [[event.state, event.attempt]] : []))

test(
  'a node that fails once while all is synchronized: on_synchronized is not fired again',
  LIMIT,
  async (t) => {
    const chain = simulateChain({ seed: 1, length: 5 })
    const { emitted } = await startRoot(t, { indexes: { blocks: following(chain) } })
    for (const method of ['changed', 'head'] as const) {
      chain.fail({ method })
      chain.extend()
      await emitted.next('index.retrying')
      chain.extend()
      const { synchronized } = await emitted.next('index.progress', ({ level }) => level === chain.head.level)
      assert.equal(synchronized, true)
    }
    assert.equal(emitted.story().filter((line) => line === '● synchronized').length, 1)
  },
)

test(
  'an index whose node is away for 15 s is not synchronized, though the other one is',
  LIMIT,
  async (t) => {
    const clock = new ManualClock()
    const [here, away] = [simulateChain({ seed: 2, length: 5 }), simulateChain({ seed: 3, length: 5 })]
    let isAway = false
    const source = away.datasource()
    const down = async (): Promise<never> => {
      throw new Error('connection refused')
    }
    const { root, emitted } = await startRoot(
      t,
      {
        monitoring: { port: 0 },
        indexes: {
          here: following(here),
          away: {
            ...following(away),
            datasource: {
              ...source,
              head: (call) => (isAway ? down() : source.head(call)),
            },
          },
        },
      },
      { clock },
    )
    isAway = true
    away.extend(30)
    let passed = 0
    while (passed < 15_000) {
      const { delay } = await emitted.next('index.retrying', ({ index }) => index === 'away')
      passed += delay
      clock.advance(delay)
    }
    await emitted.reaches('syncing')
    assert.equal(emitted.events.findLast((event) => event.type === 'index.progress')?.synchronized, false)
    isAway = false
    clock.advance(30_000)
    await emitted.synchronized()
    assert.equal(root.getSnapshot().status, 'active')
  },
)

/** A root whose connections to the database are ended once, in the callback that is given, and that goes on. */
async function startCut(t: Parameters<typeof createRoot>[0], config: (cut: () => Promise<void>) => Config) {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  let cuts = 0
  const created = await createRoot(t, {
    ...config(async () => {
      cuts += 1
      if (cuts > 1) return
      relay.cut()
      await relay.restore()
    }),
    database: relay.url,
  })
  created.start()
  await created.emitted.synchronized()
  return { ...created, relay }
}

test(
  'on_restart whose connection is lost is fired again, and what it had added by then is no obstacle',
  LIMIT,
  async (t) => {
    const [first, second] = [simulateChain({ seed: 4, length: 5 }), simulateChain({ seed: 5, length: 8 })]
    const { emitted, sql } = await startCut(t, (cut) => ({
      indexes: { first: following(first) },
      on_restart: async (ctx) => {
        await ctx.addIndex('second', following(second))
        await ctx.sql.begin(async (sql) => {
          await sql`select`
          await cut()
          await sql`select`
        })
      },
    }))
    assert.deepEqual(retriesOf(emitted), [['restart', 1]])
    assert.deepEqual(
      emitted.story().filter((line) => line.startsWith('on_restart')),
      ['on_restart starts', 'on_restart failed', 'on_restart starts', 'on_restart finished'],
    )
    assert.deepEqual(
      [...(await sql`select name, level::int from pawl.index order by name`)],
      [
        { name: 'first', level: 4 },
        { name: 'second', level: 7 },
      ],
    )
  },
)

test('on_reindex whose connection is lost leaves nothing, and is fired again', LIMIT, async (t) => {
  const { emitted, sql } = await startCut(t, (cut) => ({
    indexes: { blocks: following(simulateChain({ seed: 6, length: 5 })) },
    on_reindex: async (ctx) => {
      await ctx.sql`create table made (id int primary key)`
      await cut()
      await ctx.sql`insert into made values (1)`
    },
  }))
  assert.deepEqual(retriesOf(emitted), [['reindex', 1]])
  assert.equal(emitted.events.filter(({ type }) => type === 'reindex').length, 1)
  assert.deepEqual([...(await sql`select id from made`)], [{ id: 1 }])
})

test('on_synchronized whose connection is lost is fired again, in the same state', LIMIT, async (t) => {
  const { emitted } = await startCut(t, (cut) => ({
    indexes: { blocks: following(simulateChain({ seed: 7, length: 5 })) },
    on_synchronized: async (ctx) => {
      await ctx.sql.begin(async (sql) => {
        await sql`select`
        await cut()
        await sql`select`
      })
    },
  }))
  assert.deepEqual(retriesOf(emitted), [['synchronized', 1]])
  assert.equal(emitted.story().filter((line) => line === '● synchronized').length, 1)
})

test('a database that is away when all begins again is waited for', LIMIT, async (t) => {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  const { root, emitted } = await startRoot(t, {
    database: relay.url,
    indexes: { blocks: following(simulateChain({ seed: 8, length: 5 })) },
  })
  root.on('lifecycle', ({ state }) => {
    if (state === 'restart') relay.cut()
  })
  root.send({ type: 'RESTART' })
  await emitted.next('lifecycle.retrying', ({ state }) => state === 'restart')
  await relay.restore()
  await emitted.synchronized()
})

test('a reindex whose COMMIT is never answered is not done twice', LIMIT, async (t) => {
  const { url } = await createTestDatabase(t)
  let armed = false
  let lost = 0
  const relay = await tamperingRelayTo(t, url, {
    toClient: (pass) => {
      let mute = false
      return (chunk) => {
        if (armed && chunk.includes('COMMIT\0')) {
          armed = false
          mute = true
          lost += 1
        }
        if (!mute) pass(chunk)
      }
    },
  })
  let made = 0
  const { root, emitted, sql } = await startRoot(t, {
    database: relay.url,
    indexes: { blocks: following(simulateChain({ seed: 9, length: 5 })) },
    on_reindex: async (ctx) => {
      made += 1
      armed = made > 1
      await ctx.sql`create table made (id int primary key)`
    },
  })
  root.send({ type: 'REINDEX' })
  const retrying = await emitted.next('lifecycle.retrying')
  assert.equal(retrying.state, 'reindex')
  await emitted.synchronized()
  assert.deepEqual([made, lost], [2, 1])
  assert.deepEqual(
    emitted.events.flatMap((event) => (event.type === 'reindex' ? [event.reason] : [])),
    ['first_start', 'manual'],
  )
  assert.deepEqual([...(await sql`select level::int from pawl.index`)], [{ level: 4 }])
})
