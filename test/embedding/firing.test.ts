import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActorRefFrom } from 'xstate'
import {
  CallbackError,
  CallbackTypeError,
  fireHook,
  hook,
  StoppingError,
  type Config,
  type PawlLogic,
} from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createRoot, holdingHook, HOOKS, on_reindex, startRoot } from './running-root.ts'

type Root = ActorRefFrom<PawlLogic<typeof HOOKS>>

/** Fires one of each kind at once, and tells how each went. */
async function fireEachKind(root: unknown): Promise<readonly string[]> {
  const typed = root as Root
  const firings = [
    fireHook(typed, 'note', { n: 1 }),
    fireHook(typed, 'fail'),
    fireHook(typed, 'note', { n: 'one' as never }),
    fireHook(typed, 'nope' as 'fail'),
  ]
  const outcomes = await Promise.allSettled(firings)
  return outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? 'resolved' : (outcome.reason as Error).name,
  )
}

const TAKEN = ['resolved', 'CallbackError', 'CallbackTypeError', 'UnknownHookError']
const REFUSED = Array.from({ length: 4 }, () => 'StoppingError')

test('fireHook settles in each phase', { timeout: 300_000 }, async (t) => {
  const { hold, started, letGo } = holdingHook()
  const { root, sql, emitted, start, ended } = await createRoot(t, {
    hooks: { ...HOOKS, hold },
    indexes: { blocks: { datasource: simulateChain({ seed: 1, length: 5 }).datasource(), handler() {} } },
  })
  const inPhase = new Map<string, Promise<readonly string[]>>()
  root.on('lifecycle', ({ state }) => void inPhase.set(state, fireEachKind(root)))
  inPhase.set('before start', fireEachKind(root))
  start()
  inPhase.set('opening', fireEachKind(root))
  await emitted.synchronized()
  root.send({ type: 'FIRE_HOOK', hook: 'hold' })
  await started()
  root.send({ type: 'STOP' })
  letGo()
  await ended
  inPhase.set('ended', fireEachKind(root))

  const phases = ['before start', 'opening', 'restart', 'reindex', 'syncing', 'synchronized']
  for (const phase of phases) assert.deepEqual(await inPhase.get(phase), TAKEN, phase)
  for (const phase of ['stopping', 'stopped', 'ended']) {
    assert.deepEqual(await inPhase.get(phase), REFUSED, phase)
  }
  const [row] = await sql`select count(*)::int from note`
  // A first start goes through restart twice.
  assert.deepEqual(row, { count: phases.length + 1 })
})

test('FIRE_HOOK has its id in each of its events', async (t) => {
  const { root, emitted, start } = await createRoot(t, { hooks: HOOKS })
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 1 }, id: 'early' })
  start()
  await emitted.synchronized()
  root.send({ type: 'FIRE_HOOK', hook: 'fail', id: 'late' })
  root.send({ type: 'FIRE_HOOK', hook: 'nope', id: 'unknown' })
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 2 } })
  await Promise.all([
    emitted.next('hook.failed', ({ firing }) => firing === 'unknown'),
    emitted.next('hook.finished', ({ hook, firing }) => hook === 'note' && firing !== 'early'),
    emitted.next('hook.failed', ({ firing }) => firing === 'late'),
  ])
  assert.deepEqual(emitted.firing('early'), ['hook.started', 'hook.finished'])
  assert.deepEqual(emitted.firing('late'), ['hook.started', 'hook.failed'])
  assert.deepEqual(emitted.firing('unknown'), ['hook.started', 'hook.failed'])
  const own = emitted.events.flatMap((event) =>
    event.type === 'hook.started' && event.args['n'] === 2 ? [event.firing] : [],
  )
  assert.match(own.join(), /^[\da-f-]{36}$/)
})

test('a firing is refused while one of the same id runs', async (t) => {
  const { hold, started, letGo } = holdingHook()
  const { root, emitted } = await startRoot(t, { hooks: { ...HOOKS, hold } })
  const fire = (): void => root.send({ type: 'FIRE_HOOK', hook: 'hold', id: 'mine' })
  fire()
  await started()
  fire()
  const { error } = await emitted.next('hook.failed', ({ firing }) => firing === 'mine')
  assert.ok(error instanceof CallbackTypeError)
  assert.equal(error.message, 'hook "hold" was not fired: a firing of it with the id "mine" still runs')
  letGo()
  await emitted.next('hook.finished', ({ firing }) => firing === 'mine')
  assert.deepEqual(emitted.firing('mine'), ['hook.started', 'hook.failed', 'hook.finished'])
})

test('the error of a hook comes back as the cause, and in the event', async (t) => {
  const { root, emitted } = await startRoot(t, { hooks: HOOKS })
  const error = await fireHook(root as unknown as Root, 'fail').catch((caught: unknown) => caught)
  assert.ok(error instanceof CallbackError)
  assert.equal((error.cause as Error).message, 'as it was told')
  const failed = await emitted.next('hook.failed')
  assert.equal(failed.error, error)
})

test('many at once end each in its own way', async (t) => {
  const { root, sql } = await startRoot(t, { hooks: HOOKS })
  const typed = root as unknown as Root
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0 ? fireHook(typed, 'fail') : fireHook(typed, 'note', { n }),
    ),
  )
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    outcomes.map((_, n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')),
  )
  const [row] = await sql`select count(*)::int from note`
  assert.deepEqual(row, { count: 40 })
})

test('what was fired before the stop came first is refused, and told', async (t) => {
  const { root, emitted, start, ended } = await createRoot(t, { hooks: HOOKS })
  const awaited = fireHook(root as unknown as Root, 'note', { n: 1 })
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 1 }, id: 'early' })
  root.send({ type: 'STOP' })
  start()
  await assert.rejects(awaited, StoppingError)
  await ended
  assert.deepEqual(emitted.firing('early'), ['hook.failed'])
})

test('what was fired at a database that cannot be reached is refused, and told', async (t) => {
  const { root, emitted, start, ended } = await createRoot(t, {
    hooks: HOOKS,
    database: 'postgres://localhost:1/nothing',
  })
  const awaited = fireHook(root as unknown as Root, 'note', { n: 1 })
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: { n: 1 }, id: 'early' })
  start()
  await assert.rejects(awaited, StoppingError)
  assert.equal(((await ended).error as Error).name, 'DatabaseUnavailableError')
  assert.deepEqual(emitted.firing('early'), ['hook.failed'])
})

test('a firing that a callback does not await may fail without ending anything', async (t) => {
  // An unhandled rejection would fail the test: node:test listens to them.
  const neverAwaited: NonNullable<Config['on_restart']> = (ctx) => {
    void ctx.fireHook('fail')
    void ctx.fireHook('nope')
    void ctx.fireHook('fail', { more: 1 })
  }
  const { emitted, root } = await startRoot(t, {
    on_reindex: async (ctx) => {
      await on_reindex(ctx)
      await neverAwaited(ctx)
    },
    on_restart: neverAwaited,
    on_synchronized: neverAwaited,
    hooks: {
      ...HOOKS,
      careless: hook({ run: neverAwaited }),
      careless_atomic: hook({ atomic: true, run: neverAwaited }),
    },
    indexes: {
      blocks: {
        datasource: simulateChain({ seed: 1, length: 3 }).datasource(),
        handler: (ctx) => neverAwaited(ctx as never),
      },
    },
  })
  await fireHook(root as never, 'careless')
  await fireHook(root as never, 'careless_atomic')
  // Three of each of three system hooks, three levels and two hooks.
  await emitted.next(
    'hook.failed',
    () => emitted.events.filter(({ type }) => type === 'hook.failed').length === 24,
  )
  assert.equal(root.getSnapshot().status, 'active')
})

// XState throws the failure of a root as an uncaught exception only where nobody observes errors.
test('fireHook observes the root no longer than its firing: a later failure is not kept silent by it', async (t) => {
  const { root } = await startRoot(t, { hooks: HOOKS })
  const { observers } = root as unknown as { readonly observers: ReadonlySet<unknown> }
  const before = observers.size
  const outcomes = await fireEachKind(root)
  assert.deepEqual(outcomes, TAKEN)
  assert.equal(observers.size, before)
})

test(
  'fireHook of the root refuses what would wait for the transaction that waits for it',
  { timeout: 60_000 },
  async (t) => {
    const errors = new Map<string, unknown>()
    const outcome = (name: string, firing: Promise<void>): Promise<void> =>
      firing.then(
        () => void errors.set(name, undefined),
        (error: unknown) => void errors.set(name, error),
      )
    const fire = (name: string): Promise<void> => fireHook(root as never, name as never)
    const empty = async (): Promise<void> => {}
    const { root, emitted, start } = await createRoot(t, {
      hooks: {
        blocking: hook({ atomic: true, run: empty }),
        beside: hook({ atomic: true, blocking: false, run: empty }),
        plain: hook({ run: empty }),
        outer: hook({ atomic: true, run: () => outcome('in an atomic hook', fire('blocking')) }),
        loose: hook({ run: () => outcome('in another hook', fire('blocking')) }),
      },
      indexes: {
        blocks: {
          datasource: simulateChain({ seed: 1, length: 2 }).datasource(),
          handler: async (ctx, { level }) => {
            if (level !== 0) return
            await outcome('in a handler', fire('blocking'))
            for (const name of ['beside', 'plain']) await outcome(name, fire(name))
            await ctx.fireHook('loose')
            // Nobody waits for it: it runs after the level.
            root.send({ type: 'FIRE_HOOK', hook: 'blocking', id: 'sent' } as never)
          },
        },
      },
    })
    const sent = emitted.next('hook.finished', ({ firing }) => firing === 'sent')
    const synchronized = emitted.synchronized()
    start()
    await Promise.all([sent, synchronized])
    for (const name of ['beside', 'plain']) assert.equal(errors.get(name), undefined)
    await fire('outer')
    for (const place of ['in a handler', 'in an atomic hook', 'in another hook']) {
      const error = errors.get(place)
      assert.ok(error instanceof CallbackError, place)
      assert.match(error.message, /^hook "blocking" was not fired: fireHook\(root, …\) in a handler/)
      assert.match(error.hint ?? '', /^Use ctx\.fireHook/)
    }
    errors.clear()
    await fire('loose')
    assert.deepEqual([...errors], [['in another hook', undefined]])
  },
)
