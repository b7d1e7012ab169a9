import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor, sendTo, setup, waitFor } from 'xstate'
import { pawl, type Config } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createTestDatabase } from '../support/test-database.ts'
import { createRoot, disconnected, startRoot, watch } from './running-root.ts'

const FIRST_START = [
  '● restart',
  '● reindex',
  'reindex: first_start',
  'on_reindex starts',
  'on_reindex finished',
  '● restart',
  'on_restart starts',
  'on_restart finished',
  '● syncing',
  '● synchronized',
  'on_synchronized starts',
  'on_synchronized finished',
]
const LATER_START = [...FIRST_START.slice(0, 1), ...FIRST_START.slice(6)]

test('a first start, a reorg, a stop; and a second start', { timeout: 300_000 }, async (t) => {
  const chain = simulateChain({ seed: 1, length: 20, finality: 10 })
  const config = {
    indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
  } satisfies Config
  const { url, emitted, root, stop } = await startRoot(t, config)
  assert.deepEqual(emitted.story(), FIRST_START)

  chain.reorg(3, 4)
  await emitted.synchronized()
  assert.deepEqual(emitted.story().slice(FIRST_START.length), [
    '● rollback',
    'on_index_rollback starts',
    'blocks rolled back from 19 to 16',
    'on_index_rollback finished',
    '● syncing',
    '● synchronized',
    'on_synchronized starts',
    'on_synchronized finished',
  ])

  assert.deepEqual(await stop(), {})
  assert.deepEqual(emitted.story().slice(-2), ['● stopping', '● stopped'])
  assert.equal(root.getSnapshot().status, 'done')

  const second = await startRoot(t, { ...config, database: url })
  assert.deepEqual(second.emitted.story(), LATER_START)
  await second.stop()
})

test('without indexes a root is synchronized at once', async (t) => {
  const { emitted } = await startRoot(t, {})
  assert.deepEqual(emitted.story(), FIRST_START)
})

test('a system hook that throws fails the root with its error', async (t) => {
  const wrong = new Error('no table of that name')
  for (const hook of ['on_reindex', 'on_restart', 'on_synchronized'] as const) {
    const { emitted, start, ended, sql } = await createRoot(t, {
      [hook]: () => {
        throw wrong
      },
    })
    start()
    const { error } = await ended
    assert.equal((error as Error).cause, wrong)
    assert.match((error as Error).message, new RegExp(`^${hook} failed: no table of that name`))
    assert.deepEqual(emitted.story().slice(-3), [`${hook} failed`, '● stopping', '● failed'])
    await disconnected(sql)
  }
})

test('two roots in one process, on two schemas of one database, do not know of each other', async (t) => {
  const { url } = await createTestDatabase(t)
  const onSchema = async (schema: string, length: number) =>
    createRoot(t, {
      database: url,
      schema,
      on_reindex: async ({ sql }) => {
        await sql.unsafe(`create schema if not exists ${schema}`)
        await sql`create table seen (level int primary key)`
      },
      indexes: {
        blocks: {
          datasource: simulateChain({ seed: length, length }).datasource(),
          handler: async ({ sql }, { level }) => void (await sql`insert into seen values (${level})`),
        },
      },
    })
  const roots = [await onSchema('one', 5), await onSchema('two', 9)]
  for (const { start } of roots) start()
  for (const { emitted } of roots) await emitted.synchronized()
  const [one, two] = roots
  const counts = () =>
    one!.sql`select (select count(*)::int from one.seen) as one, (select count(*)::int from two.seen) as two`
  assert.deepEqual([...(await counts())], [{ one: 5, two: 9 }])
  one!.root.send({ type: 'REINDEX' })
  await one!.emitted.synchronized()
  assert.deepEqual([...(await counts())], [{ one: 5, two: 9 }])
  assert.deepEqual(two!.emitted.story(), FIRST_START)
  await Promise.all(roots.map(({ stop }) => stop()))
})

test('a root inside a machine of the user is told to stop, and the machine goes on', async (t) => {
  const { url } = await createTestDatabase(t)
  const machine = setup({
    types: { events: {} as { type: 'ENOUGH' } },
    actors: { pawl: pawl({ database: url }) },
  }).createMachine({
    initial: 'indexing',
    states: {
      indexing: {
        invoke: { id: 'pawl', src: 'pawl', onDone: 'done' },
        on: { ENOUGH: { actions: sendTo('pawl', { type: 'STOP' }) } },
      },
      done: { type: 'final' },
    },
  })
  const parent = createActor(machine)
  parent.start()
  const child = parent.getSnapshot().children['pawl'] as never as Parameters<typeof watch>[0]
  const { emitted } = watch(child)
  await emitted.synchronized()
  parent.send({ type: 'ENOUGH' })
  await waitFor(parent, ({ status }) => status === 'done')
  assert.deepEqual(emitted.story().slice(-2), ['● stopping', '● stopped'])
})

test('a failure of a root inside a machine of the user is an event of that machine', async () => {
  const machine = setup({
    actors: { pawl: pawl({ database: 'postgres://localhost:1/nothing' }) },
  }).createMachine({
    initial: 'indexing',
    states: { indexing: { invoke: { src: 'pawl', onError: 'failed' } }, failed: { type: 'final' } },
  })
  const parent = createActor(machine).start()
  assert.equal((await waitFor(parent, ({ status }) => status === 'done')).value, 'failed')
})

test('one logic makes several roots; the second stands by until the first ends', async (t) => {
  const { url } = await createTestDatabase(t)
  const logic = pawl({ database: url })
  const first = createActor(logic)
  const second = createActor(logic)
  const watched = { first: watch(first), second: watch(second) }
  first.start()
  await watched.first.emitted.reaches('synchronized')
  second.start()
  await watched.second.emitted.next('standby')
  first.send({ type: 'STOP' })
  await watched.second.emitted.reaches('synchronized')
  second.send({ type: 'STOP' })
  assert.deepEqual([await watched.first.ended, await watched.second.ended], [{}, {}])
  assert.deepEqual(watched.second.emitted.story().slice(0, 3), LATER_START.slice(0, 3))
})
