import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as v from 'valibot'
import { fireHook, hook, type HandlerContext, type HookContext, type Role } from 'pawl'
import { graphileWorker, type Executor } from 'pawl/graphile-worker'
import { simulateChain } from 'pawl/testing'
import type { HookConfigs } from '../../src/config/config.ts'
import { latch } from '../hooks/latch.ts'
import { startRoot, type RunningRoot } from '../hooks/running-root.ts'
import { until } from '../support/until.ts'

const LIMIT = { timeout: 60_000 }

const args = { n: v.number() }

const write = async ({ sql, firing }: HookContext, { n }: { readonly n: number }): Promise<void> =>
  void (await sql`insert into effect (hook, n, attempt) values (${firing.hook}, ${n}, ${firing.attempt})`)

interface Fleet {
  readonly hooks: HookConfigs
  readonly executor?: Executor | undefined
  readonly handler?: (ctx: HandlerContext, block: { readonly level: number }) => Promise<void> | void
}

/** A root that queues and runs nothing of it, and others on its database. */
async function startFleet(t: TestContext, { hooks, executor, handler = () => {} }: Fleet) {
  const chain = simulateChain({ seed: 5, length: 6, finality: 30 })
  const project = (roles: readonly Role[], using: Executor | undefined) => ({
    roles,
    hooks,
    ...(using === undefined ? {} : { executor: using }),
    indexes: { blocks: { datasource: chain.datasource(), handler: handler as never } },
    on_reindex: async ({ sql }: HookContext) =>
      void (await sql`create table effect (hook text, n int, attempt int, id int generated always as identity primary key)`),
  })
  const indexer = await startRoot(t, project(['indexer', 'scheduler'], executor))
  await indexer.state('synchronized')
  const { sql } = indexer
  return {
    chain,
    indexer,
    sql,
    join: (using = executor): Promise<RunningRoot> => startRoot(t, project(['worker'], using), indexer),
    /** One that queues, as the indexer does. */
    scheduler: (using?: Executor): Promise<RunningRoot> =>
      startRoot(t, project(['scheduler'], using), indexer),
    queue: async (name: string, count: number, root = indexer.root) => {
      for (let n = 0; n < count; n += 1) await fireHook(root, name, { n }, { wait: false })
    },
    effects: async () => {
      const rows = await sql<{ n: number }[]>`select n from effect order by id`
      return rows.map(({ n }) => n)
    },
    jobs: async () => {
      const rows = await sql<{ task: string }[]>`
        select task_identifier as task from graphile_worker.jobs order by id`
      return rows.map(({ task }) => task)
    },
    idle: () =>
      until(
        sql,
        (sql) => sql`select where not exists (select from pawl.firing where state in ('queued', 'running'))`,
      ),
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

test('the firing and its job are of the transaction that fires, or neither is', LIMIT, async (t) => {
  const { indexer, sql, jobs } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: {
      note: hook({ args, run: write }),
      both: hook({
        args,
        atomic: true,
        run: async (ctx, { n }) => {
          await ctx.fireHook('note', { n }, { wait: false })
          if (n > 1) throw new Error('no')
        },
      }),
    },
  })
  await assert.rejects(fireHook(indexer.root, 'both', { n: 2 }), /no/)
  const queued = async (): Promise<unknown> => [...(await sql`select args -> 'n' as n from pawl.firing`)]
  assert.deepEqual([await queued(), await jobs()], [[], []])
  await fireHook(indexer.root, 'both', { n: 1 })
  assert.deepEqual([await queued(), await jobs()], [[{ n: 1 }], ['pawl:note']])
})

test('a firing runs once, however often its job is delivered', LIMIT, async (t) => {
  const { sql, queue, join, idle, effects, jobs } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: {
      note: hook({ args, maxConcurrency: 4, run: write }),
      whole: hook({ args, maxConcurrency: 4, atomic: true, blocking: false, run: write }),
    },
  })
  await queue('note', 10)
  await queue('whole', 10)
  await sql`select graphile_worker.add_job(task_identifier) from graphile_worker.jobs, generate_series(1, 3)`
  await Promise.all([join(), join()])
  await idle()
  await until(sql, (sql) => sql`select where not exists (select from graphile_worker.jobs)`)
  assert.deepEqual([(await effects()).length, await jobs()], [20, []])
  assert.deepEqual([...(await sql`select hook, n from effect group by hook, n having count(*) > 1`)], [])
})

test('several workers keep the order of a hook that runs one at a time', LIMIT, async (t) => {
  const { queue, join, idle, effects } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: { note: hook({ args, run: write }) },
  })
  const workers = Promise.all([join(), join(), join()])
  await queue('note', 60)
  await workers
  await idle()
  assert.deepEqual(await effects(), numbers(60))
})

test('no more than maxConcurrency run at a time, and as many do', LIMIT, async (t) => {
  const reached = latch()
  let running = 0
  let most = 0
  const { queue, join, idle, effects } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: {
      four: hook({
        args,
        maxConcurrency: 4,
        run: async (ctx, of) => {
          running += 1
          most = Math.max(most, running)
          if (running === 4) reached.open()
          await reached.opened
          await write(ctx, of)
          running -= 1
        },
      }),
    },
  })
  await queue('four', 60)
  await Promise.all([join(), join(), join()])
  await idle()
  assert.deepEqual([(await effects()).toSorted((a, b) => a - b), most], [numbers(60), 4])
})

test('what waits for confirmations runs when the indexer has come so far', LIMIT, async (t) => {
  const { chain, indexer, join, effects } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: { note: hook({ args, run: write }) },
    handler: (ctx, { level }) => ctx.fireHook('note', { n: level }, { wait: false, confirmations: 2 }),
  })
  const worker = await join()
  const ran = (level: number) =>
    worker.event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === level)
  await ran(3)
  assert.deepEqual(await effects(), [0, 1, 2, 3])
  chain.extend(1)
  await ran(4)
  chain.reorg(2, 3)
  await indexer.event('index.rolledBack')
  await ran(5)
  assert.deepEqual((await effects()).slice(0, 5), [0, 1, 2, 3, 4])
})

test(
  'one that fails is tried again after its back-off, holds up the next, and is dead at last',
  LIMIT,
  async (t) => {
    const { sql, queue, join, effects } = await startFleet(t, {
      executor: graphileWorker(),
      hooks: {
        note: hook({
          args,
          retry: { attempts: 3, delay: 0.2 },
          run: async (ctx, of) => {
            if (of.n === 0 || (of.n === 1 && ctx.firing.attempt < 3)) throw new Error('not yet')
            await write(ctx, of)
          },
        }),
      },
    })
    await queue('note', 3)
    const worker = await join()
    const { attempts } = await worker.event('hook.dead')
    await worker.event('hook.finished')
    await until(sql, (sql) => sql`select where (select count(*) from effect) = 2`)
    assert.deepEqual([await effects(), attempts], [[1, 2], 3])
    const retries = worker.events.flatMap((event) => (event.type === 'hook.retrying' ? [event.attempt] : []))
    assert.deepEqual(retries, [1, 2, 1, 2])
    const left = await sql`select state, attempts, error from pawl.firing`
    assert.deepEqual(
      left.map(({ state, attempts }) => [state, attempts]),
      [['dead', 3]],
    )
  },
)

test('of several that wait to be tried again each has its time', LIMIT, async (t) => {
  const { queue, join, idle, effects } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: {
      note: hook({
        args,
        maxConcurrency: 5,
        retry: { attempts: 3, delay: 0.1 },
        run: async (ctx, of) => {
          if (ctx.firing.attempt <= of.n % 3) throw new Error('not yet')
          await write(ctx, of)
        },
      }),
    },
  })
  await queue('note', 12)
  await join()
  await idle()
  assert.deepEqual(
    (await effects()).toSorted((a, b) => a - b),
    numbers(12),
  )
})

for (const [from, to, title] of [
  [undefined, graphileWorker(), 'from the local executor to graphile-worker'],
  [graphileWorker(), undefined, 'from graphile-worker back to the local executor'],
] as const) {
  test(`nothing that is queued is lost on the way ${title}`, LIMIT, async (t) => {
    const hooks = {
      note: hook({ args, run: write }),
      four: hook({ args, maxConcurrency: 4, atomic: true, blocking: false, run: write }),
      later: hook({
        args,
        retry: { attempts: 2, delay: 1 },
        run: async (ctx, of) => {
          if (ctx.firing.attempt === 1) throw new Error('not yet')
          await write(ctx, of)
        },
      }),
    }
    const { indexer, queue, join, idle, sql } = await startFleet(t, { executor: from, hooks })
    await queue('later', 1)
    const before = await join(from)
    await before.event('hook.retrying')
    assert.equal(await before.stop(), 'done')
    await queue('note', 30)
    await queue('four', 30)
    assert.equal(await indexer.stop(), 'done')
    const after = await startRoot(
      t,
      { hooks, roles: ['worker'], ...(to === undefined ? {} : { executor: to }) },
      indexer,
    )
    await idle()
    assert.equal(await after.stop(), 'done')
    const done = await sql`select hook, json_agg(n order by id) as n from effect group by hook order by hook`
    assert.deepEqual(
      done.map(({ hook, n }) => [hook, [...n].toSorted((a: number, b: number) => a - b)]),
      [
        ['four', numbers(30)],
        ['later', [0]],
        ['note', numbers(30)],
      ],
    )
    const note = done.find(({ hook }) => hook === 'note')
    assert.deepEqual(note?.['n'], numbers(30))
  })
}

test('what is queued by a process without the executor runs, too', LIMIT, async (t) => {
  const { scheduler, join, queue, idle, effects } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: { note: hook({ args, run: write }) },
  })
  const local = await scheduler()
  await join()
  await queue('note', 5, local.root)
  await idle()
  assert.deepEqual(await effects(), numbers(5))
})

test('queue and priority of a hook are those of its jobs', LIMIT, async (t) => {
  const { queue, sql } = await startFleet(t, {
    executor: graphileWorker({ priority: 3, hooks: { mail: { queue: 'smtp', priority: -1 } } }),
    hooks: { note: hook({ args, run: write }), mail: hook({ args, run: write }) },
  })
  await queue('note', 1)
  await queue('mail', 1)
  const jobs = await sql`
    select task_identifier as task, queue_name as queue, priority from graphile_worker.jobs order by id`
  assert.deepEqual(
    [...jobs],
    [
      { task: 'pawl:note', queue: null, priority: 3 },
      { task: 'pawl:mail', queue: 'smtp', priority: -1 },
    ],
  )
})

test('what is wrong with the options is told with the rest of the config', LIMIT, async (t) => {
  const executor = graphileWorker({ concurrency: 0, hooks: { mails: { priority: 0.5 } } })
  await assert.rejects(
    startRoot(t, { executor, hooks: { mail: hook({ args, run: write }) } }),
    (error: Error) => {
      assert.match(error.message, /executor\.concurrency: expected a whole number of 1 or more, got 0/)
      assert.match(
        error.message,
        /executor\.hooks\.mails: there is no hook of this name – did you mean "mail"\?/,
      )
      assert.match(error.message, /executor\.hooks\.mails\.priority: expected a whole number/)
      return true
    },
  )
})

// Each end costs some seconds, and more of them on a busy machine.
const PATIENT = { timeout: 180_000 }
test('sessions that end in the middle of it cost nothing but time', PATIENT, async (t) => {
  const { queue, join, idle, effects, sql } = await startFleet(t, {
    executor: graphileWorker(),
    hooks: { whole: hook({ args, maxConcurrency: 4, atomic: true, blocking: false, run: write }) },
  })
  await queue('whole', 120)
  const worker = await join()
  for (let end = 1; end <= 3; end += 1) {
    await until(sql, (sql) => sql`select where (select count(*) from effect) >= ${end * 30}`)
    // graphile-worker's and Pawl's, but for those of the test and of who indexes.
    const [process] = await sql<
      { sessions: string }[]
    >`select sessions from pawl.process where roles = '{worker}'`
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${process?.sessions ?? ''}`
  }
  await idle()
  assert.deepEqual(
    (await effects()).toSorted((a, b) => a - b),
    numbers(120),
  )
  assert.equal(await worker.stop(), 'done')
})
