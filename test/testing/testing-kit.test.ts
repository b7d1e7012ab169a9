import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { createActor } from 'xstate'
import {
  CallbackError,
  CallbackTypeError,
  defineConfig,
  hook,
  pawl,
  type Datasource,
  type HookContext,
} from 'pawl'
import {
  expectRollback,
  nextEvent,
  runHook,
  simulateChain,
  testDatabase,
  type SimulatedBlock,
} from 'pawl/testing'

const LIMIT = { timeout: 60_000 }

const on_reindex = async ({ sql }: Pick<HookContext, 'sql'>) => {
  await sql`create table account (name text primary key, balance bigint not null)`
  await sql`create table announced (hash text primary key)`
}

const announce = hook({
  args: { hash: v.string() },
  atomic: true,
  run: async ({ sql }, { hash }) => void (await sql`insert into announced values (${hash})`),
  onReverted: async ({ sql }, { hash }) => void (await sql`delete from announced where hash = ${hash}`),
})

const project = (datasource: Datasource<SimulatedBlock>) =>
  defineConfig({
    on_reindex,
    hooks: { announce },
    indexes: {
      blocks: {
        datasource,
        handler: async (ctx, { hash, events }) => {
          for (const { to, amount } of events) {
            await ctx.sql`
              insert into account values (${to}, ${amount})
              on conflict (name) do update set balance = account.balance + excluded.balance`
          }
          await ctx.fireHook('announce', { hash }, { wait: false, confirmations: 1 })
        },
      },
    },
  })

test('testDatabase gives empty databases apart from each other, and drops them', LIMIT, async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()])
  assert.notEqual(one.url, two.url)
  await one.sql`create table item (id bigint)`
  await one.sql`insert into item values (1)`
  assert.deepEqual([...(await one.sql`select id from item`)], [{ id: 1n }])
  const [there] = await two.sql`select to_regclass('item') as item`
  assert.equal(there?.['item'], null)
  const { pathname } = new URL(one.url)
  await Promise.all([one.drop(), one.drop()])
  const found = await two.sql`select from pg_database where datname = ${pathname.slice(1)}`
  assert.equal(found.length, 0)
  await two.drop()
})

test('runHook runs it as in production, and its rows can be looked at', LIMIT, async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const config = project(simulateChain({ seed: 1 }).datasource())
  const events = await runHook(config, 'announce', { hash: '0xa' }, { database })
  assert.deepEqual(
    events.map(({ type }) => type).filter((type) => type.startsWith('hook.')),
    ['hook.started', 'hook.finished'],
  )
  await runHook(config, 'announce', { hash: '0xb' }, { database })
  const rows = await database.sql`select hash from announced order by 1`
  assert.deepEqual([...rows], [{ hash: '0xa' }, { hash: '0xb' }])
})

test('runHook waits for what the hook queued, and needs no database of yours', LIMIT, async () => {
  const done: number[] = []
  const config = defineConfig({
    hooks: {
      queue: hook({ run: (ctx) => ctx.fireHook('later', {}, { wait: false }) }),
      later: hook({ run: () => void done.push(1) }),
    },
  })
  await runHook(config, 'queue', {})
  assert.deepEqual(done, [1])
})

test('runHook throws what the firing throws', LIMIT, async () => {
  const boom = new Error('boom')
  const config = defineConfig({
    hooks: {
      fail: hook({
        args: { n: v.number() },
        run: () => {
          throw boom
        },
      }),
    },
  })
  await assert.rejects(
    runHook(config, 'fail', { n: 1 }),
    (error) => error instanceof CallbackError && error.cause === boom,
  )
  await assert.rejects(runHook(config, 'fail', { n: 'x' } as never), CallbackTypeError)
})

test('expectRollback is content with a project that is right', LIMIT, async () => {
  await expectRollback(project, { depths: [1, 3, 4] })
})

test('expectRollback tells what stayed, and what is missing', LIMIT, async () => {
  const outside: string[] = []
  // What is kept outside of the database is not undone.
  const wrong = (datasource: Datasource<SimulatedBlock>) =>
    defineConfig({
      on_reindex: async ({ sql }) => void (await sql`create table seen (level int primary key, before int)`),
      indexes: {
        blocks: {
          datasource,
          handler: async ({ sql }, { level, hash }) => {
            outside.push(hash)
            await sql`insert into seen values (${level}, ${outside.length})`
          },
        },
      },
    })
  await assert.rejects(expectRollback(wrong, { depths: [2] }), {
    name: 'AssertionError',
    message:
      /^after reorgs the rows are not those .*\nseen: stayed of a block that left the chain, or differs: \[/s,
  })
  outside.length = 0
  await expectRollback(wrong, { depths: [2], ignore: ['seen.before'] })
})

test("a root's failure is what a test sees", LIMIT, async () => {
  const config = defineConfig({
    on_reindex: () => {
      throw new Error('no tables today')
    },
  })
  await assert.rejects(
    runHook({ ...config, hooks: { announce } }, 'announce', { hash: '' }),
    /no tables today/,
  )
})

test('a datasource can tell blocks of another shape', LIMIT, async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const chain = simulateChain({ seed: 1, length: 5 })
  const datasource = chain.datasource(({ events }) => ({
    amounts: events.map(({ amount }) => amount),
    level: -1,
  }))
  const seen: number[] = []
  const root = createActor(
    pawl(
      defineConfig({
        database: database.url,
        indexes: {
          blocks: { datasource, handler: (_, { level, amounts }) => void seen.push(level, amounts.length) },
        },
      }),
    ),
  )
  const synchronized = nextEvent(root, 'lifecycle', ({ state }) => state === 'synchronized')
  root.start()
  await synchronized
  assert.deepEqual(
    seen,
    chain.canonical().flatMap(({ level, events }) => [level, events.length]),
  )
  const ended = nextEvent(root, 'index.rolledBack')
  root.send({ type: 'STOP' })
  await assert.rejects(ended, /the root ended before index.rolledBack/)
  // It has ended by now.
  await assert.rejects(nextEvent(root, 'index.rolledBack'), /the root ended before index.rolledBack/)
})
