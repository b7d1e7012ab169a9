import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type postgres from 'postgres'
import * as v from 'valibot'
import { CallbackTypeError, fireHook as fireTyped, hook, StoppingError, UnknownHookError } from 'pawl'
import type { HandlerContext } from 'pawl'
import { simulateChain } from 'pawl/testing'
import type { Sql } from '../../src/database/database.ts'
import { revertFirings } from '../../src/database/revert-firings.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { until } from '../support/until.ts'
import { waitsForLock } from '../support/waits-for-lock.ts'
import { openHooks } from './hook-runner-fixture.ts'
import { latch } from './latch.ts'
import { startRoot, type RunningRoot } from './running-root.ts'

const LIMIT = { timeout: 300_000 }

const fireHook = fireTyped as (
  root: unknown,
  name: string,
  args?: object,
  options?: { readonly wait: false; readonly key?: string },
) => Promise<void>

const HOOKS = {
  note: hook({
    args: { n: v.bigint() },
    atomic: true,
    run: async ({ sql }, { n }) => void (await sql`insert into noted (n) values (${n})`),
  }),
  loose: hook({
    args: { n: v.bigint() },
    run: async ({ sql }, { n }) => void (await sql`insert into noted (n) values (${n})`),
  }),
}

const CONFIG = {
  hooks: HOOKS,
  on_reindex: async ({ sql }: { readonly sql: Sql }) =>
    void (await sql`create table noted (id int generated always as identity primary key, n numeric)`),
}

async function start(t: TestContext, more: object = {}, database?: { readonly url: string }) {
  const running = await startRoot(t, { ...CONFIG, ...more } as never, database)
  await running.state('synchronized')
  return running
}

const noted = async ({ sql }: RunningRoot): Promise<readonly number[]> =>
  (await sql`select n from noted order by id`).map(({ n }) => Number(n))

const told = ({ events }: RunningRoot, id: string): readonly string[] =>
  events.flatMap((event) => ('firing' in event && event.firing === id ? [event.type] : []))

test('of one hook they are queued in the order in which they were asked for', LIMIT, async (t) => {
  const running = await start(t)
  const all = Array.from({ length: 60 }, (_, n) => n)
  await Promise.all(all.map((n) => fireHook(running.root, 'loose', { n: BigInt(n) }, { wait: false })))
  await until(running.sql, (sql) => sql`select where (select count(*) from noted) = 60`)
  assert.deepEqual(await noted(running), all)
})

for (const name of ['note', 'loose']) {
  test(`FIRE_HOOK with wait: false is queued, then runs, under its id (${name})`, LIMIT, async (t) => {
    const running = await start(t)
    const { root, event } = running
    const send = (command: object): void => root.send(command as never)
    send({ type: 'FIRE_HOOK', hook: name, args: { n: 10n ** 30n }, id: 'mine', wait: false })
    await event('hook.finished', ({ firing }) => firing === 'mine')
    assert.deepEqual(told(running, 'mine'), ['hook.queued', 'hook.started', 'hook.finished'])
    assert.deepEqual(await noted(running), [1e30])
  })

  test(`fireHook with wait: false resolves when it cannot be lost any more (${name})`, LIMIT, async (t) => {
    const running = await start(t)
    await fireHook(running.root, name, { n: 1n }, { wait: false })
    await fireHook(running.root, name, { n: 2n }, { wait: false })
    await running.stop()
    const next = await start(t, {}, running)
    // Behind the others, in order.
    await fireHook(next.root, name, { n: 3n }, { wait: false, key: 'last' })
    await next.event('hook.finished', ({ hook, firing }) => hook === name && queuedAs(next, firing))
    assert.deepEqual(await noted(next), [1, 2, 3])
  })
}

const queuedAs = ({ events }: RunningRoot, id: string): boolean =>
  events.some((event) => event.type === 'hook.queued' && event.firing === id)

test('hook.queued is told first, also where the queue hears of the firing before', LIMIT, async (t) => {
  const { hooks, events, database } = await openHooks(t, { note: hook({ run() {} }) })
  const firing = { id: 'mine', hook: 'note', args: {}, origin: { type: 'outside' } } as const
  let ended: Promise<unknown> = Promise.resolve()
  await database.transaction(async ({ sql }) => {
    // Neither goes on before the other was asked for.
    await sql`lock table pawl.firing`
    const queued = hooks.queue({ ...firing, options: { wait: false } })
    const run = hooks.fireQueued({
      ...firing,
      attempts: 0,
      reverting: false,
      dueAt: new Date(0),
      claimed: false,
      begun: false,
      leftBehind: false,
      error: null,
    })
    ended = Promise.all([queued, run])
  })
  await ended
  const types = events.map(({ type }) => type)
  assert.deepEqual(types, ['hook.queued', 'hook.started', 'hook.finished'])
})

test('what waits behind one that runs is there after a stop', LIMIT, async (t) => {
  const { opened, open } = latch()
  const entered = latch()
  const holds = (wait: boolean) => ({
    hooks: {
      ...HOOKS,
      note: hook({
        args: { n: v.bigint() },
        atomic: true,
        run: async ({ sql }, { n }) => {
          entered.open()
          if (wait) await opened
          await sql`insert into noted (n) values (${n})`
        },
      }),
    },
  })
  const running = await start(t, { ...holds(true), drainTimeout: 50 })
  await fireHook(running.root, 'note', { n: 1n }, { wait: false })
  await fireHook(running.root, 'note', { n: 2n }, { wait: false })
  await entered.opened
  await running.stop()
  assert.deepEqual(await noted(running), [])
  open()
  const next = await start(t, holds(false), running)
  await next.event(
    'hook.finished',
    () => next.events.filter(({ type }) => type === 'hook.finished').length > 3,
  )
  assert.deepEqual(await noted(next), [1, 2])
})

test('the same key, or the same id, is the same firing', LIMIT, async (t) => {
  const running = await start(t)
  const { root, event, events } = running
  const fire = (id: string, key?: string): void =>
    root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 1n }, id, wait: false, key } as never)
  fire('a', 'key')
  await event('hook.finished', ({ firing }) => firing === 'a')
  fire('b', 'key')
  await event('hook.queued', ({ firing }) => firing === 'b')
  assert.deepEqual(told(running, 'b'), ['hook.queued'])
  const queued = events.filter((one) => one.type === 'hook.queued')
  assert.deepEqual(
    queued.map(({ duplicate }) => duplicate),
    [false, true],
  )
  assert.deepEqual(await noted(running), [1])
})

for (const undoes of [false, true]) {
  const what = undoes ? 'has run, and could be undone' : 'waits for its confirmations'
  test(
    `a key that is fired from outside, too, does not go with its level where it ${what}`,
    LIMIT,
    async (t) => {
      const chain = simulateChain({ seed: 7, length: 6, finality: 30 })
      let fired = false
      const undone: string[] = []
      const running = await start(t, {
        hooks: {
          pay: hook({
            run: async ({ sql }) => void (await sql`insert into noted (n) values (17)`),
            ...(undoes ? { onReverted: ({ firing }) => void undone.push(firing.id) } : {}),
          }),
          last: hook({ atomic: true, run() {} }),
        },
        indexes: {
          blocks: {
            datasource: chain.datasource(),
            handler: async (ctx: HandlerContext, { level }: { readonly level: number }) => {
              if (level !== 5 || fired) return
              fired = true
              const confirmations = undoes ? 0 : 3
              await ctx.fireHook('pay', {}, { wait: false, confirmations, key: 'order 17' })
            },
          },
        },
      })
      const { root, event, events, sql } = running
      if (undoes) await event('hook.finished', ({ hook }) => hook === 'pay')
      // Its end may not be noted yet.
      await fireHook(root, 'pay', {}, { wait: false, key: 'order 17' })
      await event('hook.finished', ({ hook }) => hook === 'pay')
      chain.reorg(1, 2)
      await event('index.rolledBack')
      await event(
        'index.progress',
        ({ level, hash }) => level === chain.head.level && hash === chain.head.hash,
      )
      await fireHook(root, 'pay', {}, { wait: false, key: 'order 18' })
      await event('hook.finished', ({ firing }) => queuedAs(running, firing))
      assert.deepEqual(await noted(running), [17, 17])
      assert.deepEqual(undone, [])
      assert.ok(!events.some(({ type }) => type === 'hook.dropped'))
      const rows = await sql`select key, state, level from pawl.firing where key = 'order 17'`
      assert.deepEqual([...rows], [{ key: 'order 17', state: 'done', level: null }])
    },
  )
}

test('one that is fired from outside while its level leaves the chain is not lost', LIMIT, async (t) => {
  const { database } = await openHooks(t, {})
  const store = new FiringStore(database)
  await database.sql`insert into pawl.index (name, level) values ('blocks', 9)`
  const rest = { hook: 'pay', args: {}, key: 'order 17', reversible: false } as const
  const at = { index: 'blocks', level: 9 }
  const ofLevel = { id: '1', origin: { type: 'handler', ...at }, at, confirmations: 3, ...rest } as const
  const outside = { id: '2', origin: { type: 'outside' }, at: undefined, confirmations: 0, ...rest } as const
  const now = new Date(0)
  assert.equal(await store.add(database.sql, ofLevel, now), true)
  const { adding } = await database.transaction(async ({ sql }) => {
    await revertFirings(sql, 'pawl', { indexId: 1, toLevel: 8 })
    const adding = store.add(database.sql, outside, now)
    await until(database.sql as unknown as postgres.Sql, waitsForLock)
    return { adding }
  })
  assert.equal(await adding, true)
  assert.deepEqual(
    (await store.list()).map(({ id }) => id),
    ['2'],
  )
})

test('what cannot be queued is told at once', LIMIT, async (t) => {
  const running = await start(t)
  const { root, event } = running
  const refused = async (command: object): Promise<unknown> => {
    const id = JSON.stringify(Object.keys(command)) + String(Math.random())
    root.send({ type: 'FIRE_HOOK', id, ...command } as never)
    return (await event('hook.failed', ({ firing }) => firing === id)).error
  }
  const wrong = await refused({ hook: 'note', args: { n: 1 }, wait: false })
  assert.ok(wrong instanceof CallbackTypeError)
  assert.ok((await refused({ hook: 'nope', wait: false })) instanceof UnknownHookError)
  const unsure = [
    { key: 'without wait' },
    { wait: true },
    { wait: false, confirmations: 2 },
    { wait: false, key: '' },
  ]
  for (const options of unsure) {
    const error = await refused({ hook: 'note', args: { n: 1n }, ...options })
    assert.ok(error instanceof CallbackTypeError, JSON.stringify(options))
    assert.match(error.message, /^hook "note" cannot be queued: option/)
  }
  const slip = await refused({ hook: 'note', args: { n: 1n }, confirmation: 2 })
  assert.equal(
    (slip as Error).message,
    'no hook was fired: FIRE_HOOK.confirmation: unknown key – did you mean "confirmations"?',
  )
  for (const [options, message] of [
    [{ waits: false }, /there is no option "waits" – did you mean "wait"\?$/],
    [{ wait: false, id: 'mine' }, /there is no option "id"; known are "wait", "confirmations" and "key"$/],
    [{}, /option "wait" expected false, received undefined$/],
  ] as const)
    await assert.rejects(fireHook(root, 'note', { n: 1n }, options as never), message)
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 1n }, wait: false, id: 'x'.repeat(3_000) } as never)
  const { error: long } = await event('hook.failed', ({ firing }) => firing.startsWith('xxx'))
  assert.match(
    (long as Error).message,
    /^hook "note" cannot be queued: its "id" expected a text of 1 to 2500 bytes/,
  )
  root.send({ type: 'STOP' })
  await assert.rejects(fireHook(root, 'note', { n: 1n }, { wait: false }), StoppingError)
  await running.ended
  assert.deepEqual(await noted(running), [])
})

test('a job with wait: false queues its firing, and has done its part then', LIMIT, async (t) => {
  let fails = 2
  const running = await start(t, {
    hooks: {
      flaky: hook({
        atomic: true,
        retry: { attempts: 3, delay: 0.01 },
        run: async ({ sql }) => {
          await sql`insert into noted (n) values (7)`
          if (fails-- > 0) throw new Error('not yet')
        },
      }),
    },
    jobs: { daily: { hook: 'flaky', interval: '1d', wait: false } },
  })
  const { root, event } = running
  root.on('job.refused', ({ job }) => root.send({ type: 'RUN_JOB', job }))
  root.send({ type: 'RUN_JOB', job: 'daily' })
  const queued = await event('hook.queued')
  assert.equal(queued.origin.type, 'job')
  await event('hook.finished', ({ firing }) => firing === queued.firing)
  assert.deepEqual(await noted(running), [7])
  await running.stop()
  const [run] = await running.sql`select status from pawl.job_run`
  assert.equal(run?.['status'], 'succeeded')
})

// The firing has run, and is forgotten; that its job is done was not noted before the process ended.
test('a job whose end could not be noted does not queue its firing again', LIMIT, async (t) => {
  const more = { jobs: { daily: { hook: 'once', interval: '1d', wait: false, retry: { attempts: 3 } } } }
  const once = hook({
    atomic: true,
    run: async ({ sql }) => void (await sql`insert into noted (n) values (7)`),
  })
  const hooks = { once }
  const running = await start(t, { ...more, hooks })
  await running.sql.unsafe(`
    create function pawl.unlucky() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$;
    create trigger unlucky before update on pawl.job_run for each row
      when (new.status = 'succeeded') execute function pawl.unlucky()`)
  const ran = async (root: RunningRoot): Promise<string> => {
    root.root.on('job.refused', ({ job }) => root.root.send({ type: 'RUN_JOB', job }))
    root.root.send({ type: 'RUN_JOB', job: 'daily' })
    return (await root.event('hook.finished', ({ hook }) => hook === 'once')).firing
  }
  const first = await ran(running)
  await running.stop()
  await running.sql`drop trigger unlucky on pawl.job_run`
  const left = await running.sql`select status, queued from pawl.job_run`
  assert.deepEqual([...left], [{ status: 'running', queued: true }])
  const next = await start(t, { ...more, hooks }, running)
  assert.notEqual(await ran(next), first)
  await next.stop()
  assert.deepEqual(await noted(next), [7, 7])
  const runs = await running.sql`select status, attempt from pawl.job_run`
  assert.deepEqual(
    runs.map(({ status, attempt }) => `${status} ${attempt}`),
    ['succeeded 1', 'succeeded 1'],
  )
})

test('a key is not delivered again after a reindex, unless it is asked for', LIMIT, async (t) => {
  const chain = simulateChain({ seed: 7, length: 4, finality: 30 })
  const running = await start(t, {
    immuneTables: ['told'],
    hooks: {
      tell: hook({
        args: { level: v.number() },
        run: async ({ sql }, { level }) => void (await sql`insert into told values (${level})`),
      }),
    },
    on_reindex: async ({ sql }: { readonly sql: Sql }) => {
      await sql`create table if not exists told (level int)`
    },
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: (ctx: HandlerContext, { level }: { readonly level: number }) =>
          ctx.fireHook('tell', { level }, { wait: false, key: String(level) }),
      },
    },
  })
  const { root, sql, events } = running
  const counts = async () =>
    (await sql`select count(*)::int from told group by level order by level`).map(
      ({ count }) => count as number,
    )
  const finished = (count: number) =>
    running.event(
      'hook.finished',
      () => events.filter((event) => event.type === 'hook.finished' && event.hook === 'tell').length >= count,
    )
  await finished(4)
  const again = async (command: object): Promise<void> => {
    const before = events.length
    root.send(command as never)
    await running.event(
      'hook.finished',
      (event) => event.hook === 'on_synchronized' && events.indexOf(event) > before,
    )
  }
  await again({ type: 'REINDEX' })
  assert.deepEqual(await counts(), [1, 1, 1, 1])
  await again({ type: 'REINDEX', redeliver: true })
  await finished(8)
  assert.deepEqual(await counts(), [2, 2, 2, 2])
})
