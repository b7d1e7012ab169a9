import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as v from 'valibot'
import { hook, type Config } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createRoot, startRoot } from '../embedding/running-root.ts'
import { Client, inspected } from './viewer.ts'

const LIMIT = { timeout: 90_000 }

const chainOf = () => simulateChain({ seed: 1, length: 30, finality: 10 })

const indexing = (chain = chainOf()) =>
  ({
    on_reindex: async ({ sql }) => void (await sql`create table seen (level int primary key)`),
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: async ({ sql }, { level }) => void (await sql`insert into seen values (${level})`),
      },
    },
  }) satisfies Config

async function start<ThisConfig extends Config>(
  t: TestContext,
  plain: ThisConfig,
  options: Parameters<typeof inspected>[1] = {},
) {
  const { url, config } = inspected(plain, options)
  const started = await startRoot(t, config)
  return { ...started, client: new Client(await url) }
}

test('an index that has stopped is told to whoever looks, however much happened since', LIMIT, async (t) => {
  let mended = false
  const { url, config } = inspected({
    hooks: {
      broken: hook({
        run: () => {
          throw new Error('the service answered 503')
        },
      }),
    },
    indexes: {
      blocks: {
        datasource: chainOf().datasource(),
        handler: (_, { level }) => {
          if (level === 12 && !mended) throw new Error('no such token')
        },
      },
      // Without one that goes on, Pawl would end.
      others: { datasource: simulateChain({ seed: 2, length: 3 }).datasource(), handler() {} },
    },
  })
  const { start: begin, root, emitted } = await createRoot(t, config)
  begin()
  await emitted.next('index.failed')
  // More than are kept of what is worth to be noted.
  let failed = 0
  for (let n = 0; n < 250; n += 1) root.send({ type: 'FIRE_HOOK', hook: 'broken' })
  await emitted.next('hook.failed', () => ++failed === 250)

  const viewer = await new Client(await url).look(t)
  const { indexes, events } = await viewer.snapshot
  assert.ok(events.every(({ type }) => type !== 'index.failed'))
  const failures = (indexes ?? []).map(({ name, failure = '' }) => `${name}: ${failure}`)
  assert.match(failures.join('\n'), /^blocks: .*level 12 failed: no such token.*\nothers: $/)

  mended = true
  root.send({ type: 'RESTART' })
  await viewer.changes(({ indexes = [] }) =>
    indexes.some(({ name, level, failure }) => name === 'blocks' && level === 29 && failure === undefined),
  )
})

test('a late viewer gets what is, then what changes', LIMIT, async (t) => {
  const chain = chainOf()
  const { client } = await start(t, indexing(chain))
  const viewer = await client.look(t)
  const snapshot = await viewer.snapshot
  assert.equal(snapshot.state, 'synchronized')
  assert.deepEqual(snapshot.problems, [])
  assert.deepEqual(
    snapshot.indexes?.map(({ name, level, head, synchronized }) => ({ name, level, head, synchronized })),
    [{ name: 'blocks', level: 29, head: 29, synchronized: true }],
  )
  assert.deepEqual(
    snapshot.lifecycle.map(({ state }) => state),
    ['restart', 'reindex', 'restart', 'syncing', 'synchronized'],
  )
  const byName = new Map(snapshot.actors?.map((actor) => [actor.name, actor]))
  assert.deepEqual(byName.get('indexer')?.states, ['indexer.synchronized', 'indexer.synchronized.settled'])
  assert.deepEqual(byName.get('index: blocks')?.states, [
    'index.work',
    'index.phase',
    'index.work.waiting',
    'index.phase.synchronized',
    'index.phase.synchronized.certain',
  ])
  assert.equal(byName.get('index: blocks')?.parent, byName.get('indexer')?.id)
  assert.ok(snapshot.events.some(({ text }) => text === 'on_restart started'))

  chain.reorg(4, 6)
  const rolledBack = await viewer.changes(({ rollbacks = [] }) => rollbacks.length > 0)
  assert.deepEqual(
    rolledBack.rollbacks?.map(({ index, fromLevel, toLevel, rows }) => ({ index, fromLevel, toLevel, rows })),
    [{ index: 'blocks', fromLevel: 29, toLevel: 25, rows: 4 }],
  )
  await viewer.changes(({ indexes = [] }) =>
    indexes.some(({ level, synchronized }) => level === 31 && synchronized),
  )
  await viewer.changes(({ transitions = [] }) =>
    transitions.some(({ to }) => to.includes('indexer.synchronized.settled')),
  )
  const seen = viewer.messages.flatMap((message) =>
    'transitions' in message ? (message.transitions ?? []) : [],
  )
  const indexer = seen.filter(({ machine }) => machine === 'indexer').flatMap(({ to }) => to)
  assert.deepEqual(indexer, [
    'indexer.rollback.firing',
    'indexer.syncing',
    'indexer.synchronized.firing',
    'indexer.synchronized.settled',
  ])
})

test('a hook is fired with exact arguments, and its outcome told', LIMIT, async (t) => {
  let got: unknown
  const { client } = await start(t, {
    hooks: {
      pay: hook({
        args: { amount: v.bigint(), at: v.date(), password: v.string(), config: v.any() },
        run: (_, args) => void (got = args),
      }),
    },
  })
  const viewer = await client.look(t)
  const args = {
    amount: { $pawl: 'bigint', value: '123456789012345678901234567890' },
    at: { $pawl: 'date', value: 1_700_000_000_000 },
    password: 'hunter2-hunter2',
    config: { apiKey: 'abcdef-1', url: 'postgres://me:hunter3@db/x', depth: 3 },
  }
  const answer = await client.command({ type: 'fireHook', hook: 'pay', args })
  assert.ok(answer.ok, JSON.stringify(answer))
  const { events = [] } = await viewer.changes(({ events: told = [] }) =>
    told.some(({ type, firing }) => type === 'hook.finished' && firing === answer.firing),
  )
  assert.deepEqual(got, {
    amount: 123456789012345678901234567890n,
    at: new Date(1_700_000_000_000),
    password: 'hunter2-hunter2',
    config: args.config,
  })
  const started = events.find(({ type }) => type === 'hook.started')?.text ?? ''
  assert.match(started, /amount: 123456789012345678901234567890,/)
  assert.ok(!/hunter|abcdef/.test(JSON.stringify(viewer.messages)), started)
})

test('wrong arguments are told by argument, and nothing is fired', LIMIT, async (t) => {
  const { client, emitted } = await start(t, {
    hooks: { stats: hook({ args: { depth: v.pipe(v.number(), v.integer()) }, run() {} }) },
  })
  const answer = await client.command({ type: 'fireHook', hook: 'stats', args: { depth: 'ten', dept: 1 } })
  assert.equal(answer.status, 422)
  assert.ok(!answer.ok)
  assert.deepEqual(answer.problems, [
    { argument: 'depth', message: 'argument "depth" expected number, received "ten"' },
    { argument: 'dept', message: 'unknown argument "dept" – did you mean "depth"?' },
  ])
  const unknown = await client.command({ type: 'fireHook', hook: 'stat', args: {} })
  assert.ok(!unknown.ok && unknown.code === 'UNKNOWN_HOOK')
  assert.match(unknown.message, /did you mean "stats"/)
  assert.ok(!emitted.events.some((event) => event.type === 'hook.started' && event.hook === 'stats'))
})

test('jobs are shown in words, run, paused and resumed', LIMIT, async (t) => {
  const { client } = await start(t, {
    hooks: { stats: hook({ run() {} }) },
    jobs: {
      nightly: { hook: 'stats', crontab: '0 3 * * *', timezone: 'Europe/Berlin' },
      often: { hook: 'stats', interval: '90s' },
    },
  })
  const viewer = await client.look(t)
  const { jobs = [] } = await viewer.changes(({ jobs: told }) => told?.length === 2)
  assert.deepEqual(
    jobs.map(({ name, words }) => [name, words]),
    [
      ['nightly', 'at 03:00, every day (Europe/Berlin)'],
      ['often', 'every 1 min 30 s'],
    ],
  )
  const isPaused = (paused: boolean) =>
    viewer.next('changes', ({ jobs: told = [] }) =>
      told.some((job) => job.name === 'nightly' && job.paused === paused),
    )
  assert.deepEqual(await client.command({ type: 'pauseJob', job: 'nightly' }), { ok: true, status: 200 })
  await isPaused(true)
  viewer.messages.length = 0
  await client.command({ type: 'resumeJob', job: 'nightly' })
  await isPaused(false)
  await client.command({ type: 'runJob', job: 'nightly' })
  await viewer.changes(({ jobs: told = [] }) =>
    told.some(({ name, fired }) => name === 'nightly' && fired === 1),
  )
  const details = await client.get('/api/job?name=nightly')
  const { runs, next } = details.body as { runs: { status: string; byHand: boolean }[]; next: number[] }
  assert.deepEqual(
    runs.map(({ byHand }) => byHand),
    [true],
  )
  assert.equal(next.length, 5)
  const missing = await client.command({ type: 'pauseJob', job: 'nigthly' })
  assert.ok(!missing.ok && missing.code === 'UNKNOWN_JOB')
})

test('the queue is shown; a dead firing is retried or dropped', LIMIT, async (t) => {
  let fails = true
  const { client } = await start(t, {
    hooks: {
      announce: hook({
        args: { amount: v.bigint() },
        retry: { attempts: 1 },
        run: () => {
          if (fails) throw new Error('the service said no')
        },
      }),
    },
  })
  const viewer = await client.look(t)
  const amount = { $pawl: 'bigint', value: '10000000000000000000' }
  const answer = await client.command({ type: 'fireHook', hook: 'announce', args: { amount }, queue: true })
  assert.ok(answer.ok)
  const isDead = () =>
    viewer.changes(
      ({ queue }) =>
        queue?.firings.some(({ id, state }) => id === answer.firing && state === 'dead') ?? false,
    )
  const [firing] = (await isDead()).queue?.firings ?? []
  assert.deepEqual(firing?.args, { amount: '10000000000000000000n' })
  assert.match(firing?.error ?? '', /the service said no/)
  viewer.messages.length = 0
  await client.command({ type: 'retryFiring', firing: answer.firing ?? '' })
  await viewer.changes(({ events = [] }) => events.some(({ type }) => type === 'hook.dead'))
  await isDead()
  fails = false
  assert.ok((await client.command({ type: 'dropFiring', firing: answer.firing ?? '' })).ok)
  await viewer.changes(({ queue }) => queue?.firings.length === 0)
  assert.equal((await client.command({ type: 'dropFiring', firing: answer.firing ?? '' })).ok, false)
})

test('a rollback is tried, and nothing undone', LIMIT, async (t) => {
  const { client, sql } = await start(t, indexing())
  const answer = await client.command({ type: 'dryRunRollback', index: 'blocks', toLevel: 25 })
  assert.deepEqual(answer, {
    status: 200,
    ok: true,
    rollback: {
      index: 'blocks',
      fromLevel: 29,
      toLevel: 25,
      tables: [{ table: 'seen', restored: 0, changed: 0, removed: 4 }],
      droppedFirings: 0,
    },
  })
  assert.equal((await sql`select from seen`).length, 30)
  const refused = await client.command({ type: 'dryRunRollback', index: 'blocks', toLevel: 29 })
  assert.ok(!refused.ok && refused.code === 'ROLLBACK')
})

test('stop ends the root, and viewers are told', LIMIT, async (t) => {
  const { client, ended } = await start(t, indexing())
  const viewer = await client.look(t)
  await viewer.snapshot
  assert.ok((await client.command({ type: 'stop' })).ok)
  const { state, error } = await viewer.end
  assert.deepEqual([state, error], ['stopped', []])
  assert.deepEqual(await ended, {})
})

test('a root that fails tells viewers why', LIMIT, async (t) => {
  const { url, config } = inspected({
    on_restart: () => {
      throw new Error('no luck today')
    },
  })
  const { start: begin, root } = await createRoot(t, {
    ...config,
    on_reindex: async () => {
      viewer = await new Client(await url).look(t)
    },
  })
  let viewer: Awaited<ReturnType<Client['look']>> | undefined
  const failed = new Promise((resolve) => root.subscribe({ error: resolve }))
  begin()
  await failed
  const end = await viewer?.end
  assert.equal(end?.state, 'failed')
  assert.match(end?.error.join(' ') ?? '', /no luck today/)
})

test('read-only takes no command', LIMIT, async (t) => {
  const { client, root } = await start(t, { hooks: { tick: hook({ run() {} }) } }, { readOnly: true })
  for (const command of [
    { type: 'fireHook', hook: 'tick', args: {} },
    { type: 'runJob', job: 'x' },
    { type: 'stop' },
  ] as const) {
    const answer = await client.command(command)
    assert.equal(answer.status, 403)
    assert.ok(!answer.ok && answer.code === 'READ_ONLY')
  }
  assert.equal(root.getSnapshot().status, 'active')
})

test('actors are watched only while somebody looks at them', LIMIT, async (t) => {
  const { client, root } = await start(t, indexing())
  // What XState tells inspectors by, which nothing public gives away.
  const system = root.system as unknown as { readonly _sendInspectionEvent: unknown }
  const unwatched = system._sendInspectionEvent
  const isWatched = () => system._sendInspectionEvent !== unwatched
  const jobs = await client.look(t, 'jobs')
  await jobs.snapshot
  assert.equal(isWatched(), false)
  const one = await client.look(t, 'charts')
  await one.snapshot
  const other = await client.look(t, 'actors')
  await other.snapshot
  assert.equal(isWatched(), true)
  one.leave()
  other.leave()
  while (isWatched()) await new Promise(setImmediate)
})

test('a viewer is told of what its view shows, and of what a person has to know', LIMIT, async (t) => {
  const { client, root, emitted } = await start(t, {
    ...indexing(),
    hooks: {
      tick: hook({ args: { n: v.number() }, run() {} }),
      fail: hook({
        run: () => {
          throw new Error('no luck today')
        },
      }),
    },
    jobs: { nightly: { hook: 'fail', crontab: '0 3 * * *' } },
  })
  const [charts, events] = [await client.look(t, 'charts'), await client.look(t, 'events')]
  const shown = await charts.snapshot
  assert.ok((shown.actors?.length ?? 0) > 0)
  assert.deepEqual([shown.jobs, shown.indexes, shown.queue, shown.emitted], Array(4).fill(undefined))
  root.send({ type: 'FIRE_HOOK', hook: 'tick', args: { n: 1 } } as never)
  await emitted.next('hook.finished', ({ hook: name }) => name === 'tick')
  root.send({ type: 'FIRE_HOOK', hook: 'fail', args: {} } as never)
  const isOf = (name: string) => (event: { readonly hook?: string }) => event.hook === name
  await events.event(isOf('tick'))
  await charts.event(isOf('fail'))
  const told = charts.messages.flatMap((message) => ('events' in message ? (message.events ?? []) : []))
  assert.ok(!told.some(isOf('tick')), 'what is ordinary')
  const fields = charts.messages.flatMap((message) => Object.keys(message))
  const foreign = ['jobs', 'indexes', 'queue', 'emitted', 'leftOut']
  assert.deepEqual(
    foreign.filter((field) => fields.slice(Object.keys(shown).length).includes(field)),
    [],
  )
  assert.equal((await client.raw('/api/stream?view=nothing', { headers: client.headers })).status, 404)
})

test(
  'what is too much to read is counted; what a viewer waits for, and what is wrong, is told',
  LIMIT,
  async (t) => {
    const { client, root, emitted } = await start(t, {
      hooks: {
        tick: hook({ maxConcurrency: 10, run() {} }),
        asked: hook({ run() {} }),
        fail: hook({
          run: () => {
            throw new Error('no luck today')
          },
        }),
      },
    })
    const viewer = await client.look(t, 'events')
    await viewer.snapshot
    const fire = (name: string) => root.send({ type: 'FIRE_HOOK', hook: name, args: {} } as never)
    for (let n = 0; n < 300; n += 1) fire('tick')
    fire('fail')
    const answer = await client.command({ type: 'fireHook', hook: 'asked', args: {} })
    assert.ok(answer.ok)
    for (let n = 0; n < 300; n += 1) fire('tick')
    await emitted.next('hook.failed')
    await viewer.event(({ type }) => type === 'hook.failed')
    await viewer.event(({ type, firing }) => type === 'hook.finished' && firing === answer.firing)
    const count = (
      of: (message: { readonly events?: readonly unknown[]; readonly leftOut?: number }) => number,
    ) => viewer.messages.reduce((sum, message) => sum + (message.type === 'changes' ? of(message) : 0), 0)
    // Two events each, and those of the two others.
    const total = () => count(({ events = [], leftOut = 0 }) => events.length + leftOut)
    await viewer.changes(() => total() >= 1_204)
    assert.equal(total(), 1_204)
    assert.ok(count(({ leftOut = 0 }) => leftOut) > 600)
  },
)

test('a listener that throws, and a redaction that throws, harm nothing', LIMIT, async (t) => {
  const { client, root, emitted } = await start(
    t,
    { hooks: { tick: hook({ args: { n: v.number() }, run() {} }) } },
    {
      redact: () => {
        throw new Error('bad redaction')
      },
    },
  )
  const viewer = await client.look(t)
  root.send({ type: 'FIRE_HOOK', hook: 'tick', args: { n: 1 } } as never)
  await emitted.next('hook.finished', ({ hook: name }) => name === 'tick')
  const { events = [] } = await viewer.changes(({ events: told = [] }) =>
    told.some(({ type }) => type === 'hook.started'),
  )
  assert.match(events.find(({ type }) => type === 'hook.started')?.text ?? '', /n: "•••"/)
})
