import assert from 'node:assert/strict'
import { test } from 'node:test'
import postgres from 'postgres'
import type { ActorRefFrom } from 'xstate'
import { fireHook, hook, StoppingError, type Logger, type PawlLogic } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { silentLogger } from '../../src/logger.ts'
import { relayTo } from '../support/relay.ts'
import { until } from '../support/until.ts'
import { waitsForLock } from '../support/waits-for-lock.ts'
import { createRoot, disconnected, holdingHook, startRoot } from './running-root.ts'

type Holding = ActorRefFrom<PawlLogic<{ hold: ReturnType<typeof holdingHook>['hold'] }>>

test('STOP waits for the hooks that run', async (t) => {
  const { hold, started, letGo } = holdingHook()
  const { root, sql, emitted, stop } = await startRoot(t, { hooks: { hold } })
  const firings = [fireHook(root as unknown as Holding, 'hold'), fireHook(root as unknown as Holding, 'hold')]
  await started(2)
  const ended = stop()
  assert.equal(root.getSnapshot().context.state, 'stopping')
  letGo()
  await Promise.all(firings)
  assert.deepEqual(await ended, {})
  assert.equal(emitted.events.at(-1)?.type, 'lifecycle')
  await disconnected(sql)
})

test('beyond drainTimeout what still runs is cut off, rolled back and told', async (t) => {
  const { hold, started } = holdingHook()
  const { root, sql, emitted, stop } = await startRoot(t, {
    drainTimeout: 30,
    hooks: {
      hold,
      write: hook({
        atomic: true,
        run: async (ctx) => {
          await ctx.sql`insert into note (n) values (1)`
          await hold.run(ctx, {})
        },
      }),
    },
  })
  const firing = fireHook(root as unknown as Holding, 'hold')
  root.send({ type: 'FIRE_HOOK', hook: 'write', id: 'write' })
  await started(2)
  const ended = stop()
  await assert.rejects(firing, StoppingError)
  assert.deepEqual(await ended, {})
  assert.deepEqual(emitted.firing('write'), ['hook.started', 'hook.failed'])
  const failed = emitted.events.flatMap((event) => (event.type === 'hook.failed' ? [event.error] : []))
  assert.deepEqual(
    failed.map((error) => error instanceof StoppingError),
    [true, true],
  )
  await disconnected(sql)
  assert.deepEqual([...(await sql`select * from note`)], [])
})

test('STOP twice is one stop', async (t) => {
  const { hold, started, letGo } = holdingHook()
  const { root, emitted, stop } = await startRoot(t, { hooks: { hold } })
  root.send({ type: 'FIRE_HOOK', hook: 'hold' })
  await started()
  const ended = stop()
  root.send({ type: 'STOP' })
  letGo()
  root.send({ type: 'STOP' })
  assert.deepEqual(await ended, {})
  assert.deepEqual(emitted.story().slice(-2), ['● stopping', '● stopped'])
})

test('STOP ends cleanly in whatever state it comes', { timeout: 300_000 }, async (t) => {
  for (const at of ['restart', 'reindex', 'syncing', 'synchronized', 'rollback'] as const) {
    const chain = simulateChain({ seed: 1, length: 300 })
    const { root, sql, start, ended } = await createRoot(t, {
      indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
    })
    root.on('lifecycle', ({ state }) => {
      if (state === at) root.send({ type: 'STOP' })
      else if (state === 'synchronized') chain.reorg(2)
    })
    start()
    assert.deepEqual(await ended, {}, at)
    assert.equal(root.getSnapshot().context.state, 'stopped', at)
    await disconnected(sql)
  }
})

test('STOP while opening, at any moment of it', async (t) => {
  const { root, sql, start, ended } = await createRoot(t, {})
  start()
  root.send({ type: 'STOP' })
  assert.deepEqual(await ended, {})
  await disconnected(sql)
})

test('root.stop() without STOP leaves no connection, whatever runs', { timeout: 300_000 }, async (t) => {
  const { hold, started } = holdingHook()
  const chain = simulateChain({ seed: 1, length: 300 })
  const config = {
    hooks: { hold },
    indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
  }
  const opening = await createRoot(t, config)
  opening.start()
  opening.root.stop()
  await disconnected(opening.sql)

  for (const at of ['restart', 'reindex', 'syncing', 'synchronized', 'stopping'] as const) {
    const { root, sql, emitted, start } = await createRoot(t, config)
    start()
    if (at === 'stopping')
      root.on('lifecycle', ({ state }) => state === 'synchronized' && root.send({ type: 'STOP' }))
    await emitted.reaches(at)
    root.stop()
    await disconnected(sql)
  }

  const { root, sql, url } = await startRoot(t, config)
  const firing = fireHook(root as unknown as Holding, 'hold')
  await started()
  root.stop()
  await assert.rejects(firing, StoppingError)
  await disconnected(sql)
  // The lease was given back: the next one has it at once.
  const again = await startRoot(t, { ...config, database: url })
  assert.equal(
    again.emitted.events.some(({ type }) => type === 'standby'),
    false,
  )
})

test('a handler in flight still fires its hooks while Pawl stops', async (t) => {
  const { root, sql, start, ended } = await createRoot(t, {
    hooks: {
      write: hook({
        atomic: true,
        run: async ({ sql }) => void (await sql`insert into note (n) values (1)`),
      }),
    },
    indexes: {
      blocks: {
        datasource: simulateChain({ seed: 1, length: 10 }).datasource(),
        handler: async (ctx, { level }) => {
          if (level === 9) root.send({ type: 'STOP' })
          // Time for the other parts to end.
          await ctx.sql`select pg_sleep(0.05)`
          await ctx.fireHook('write')
        },
      },
    },
  })
  start()
  assert.deepEqual(await ended, {})
  assert.deepEqual([...(await sql`select count(*)::int from note`)], [{ count: 10 }])
})

test('a datasource that never closes holds up no STOP, and the lease is given back', async (t) => {
  const { logger, warned } = warnings()
  const datasource = simulateChain({ seed: 1, length: 3 }).datasource()
  const config = { indexes: { blocks: { datasource, handler() {} } } }
  const { url, sql, stop } = await startRoot(t, {
    logger,
    indexes: { blocks: { datasource: { ...datasource, close: () => new Promise(() => {}) }, handler() {} } },
  })
  const ended = stop()
  // While it is still waited for.
  const next = await startRoot(t, { ...config, database: url })
  assert.deepEqual(await ended, {})
  assert.deepEqual(warned, ['the datasource of "blocks" did not close within 5 s, and is left as it is'])
  await next.stop()
  await disconnected(sql)
})

test('a standby whose network is cut without a word ends on STOP', { timeout: 60_000 }, async (t) => {
  const { url } = await startRoot(t, {})
  const relay = await relayTo(t, url)
  const standby = await createRoot(t, { database: relay.url })
  standby.start()
  await standby.emitted.next('standby')
  relay.freeze()
  assert.deepEqual(await standby.stop(), {})
})

test(
  'a start that has to wait for another to migrate says so, and ends on STOP',
  { timeout: 60_000 },
  async (t) => {
    const told: string[] = []
    const logger: Logger = {
      ...silentLogger,
      info: (message) => void told.push(message),
      child: () => logger,
    }
    const { root, url, sql, start, ended } = await createRoot(t, { logger, drainTimeout: 100 })
    const other = postgres(url, { max: 1, onnotice: () => {} })
    t.after(() => other.end())
    await other.begin(async (held) => {
      await held`select pg_advisory_xact_lock(7238001)`
      start()
      await until(sql, waitsForLock)
      root.send({ type: 'STOP' })
      assert.deepEqual(await ended, {})
    })
    assert.match(
      told.join(),
      /^waiting: another process \(session \d+ of the server\) brings Pawl's own tables in \S+ up to date$/,
    )
  },
)

/** A logger that keeps what it is warned of. */
function warnings(): { readonly logger: Logger; readonly warned: readonly string[] } {
  const warned: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message) => void warned.push(message),
    child: () => logger,
  }
  return { logger, warned }
}
