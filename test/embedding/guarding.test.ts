import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { createActor, setup } from 'xstate'
import { fireHook, hook, pawl, type Logger } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { createTestDatabase } from '../support/test-database.ts'
import { createRoot, HOOKS, startRoot, watch } from './running-root.ts'

interface Line {
  readonly level: string
  readonly message: string
  readonly error: unknown
}

function recordingLogger() {
  const lines: Line[] = []
  const log =
    (level: string): Logger['info'] =>
    (message, fields) =>
      void lines.push({ level, message, error: fields?.['error'] })
  const logger: Logger = {
    debug() {},
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: () => logger,
  }
  return { logger, lines }
}

const wrong = new Error('a slip of the user')
const slip = (): never => {
  throw wrong
}
// An uncaught exception or an unhandled rejection would fail these tests: node:test listens to them.

test('listeners that throw are logged, and the others and Pawl go on', async (t) => {
  const { logger, lines } = recordingLogger()
  const { root, start, emitted, stop } = await createRoot(t, { hooks: HOOKS, logger })
  root.on('lifecycle', slip)
  root.on('*', slip)
  // As a user may do by mistake.
  // oxlint-disable-next-line typescript/no-misused-promises
  const listener = root.on('hook.finished', () => Promise.reject(wrong))
  start()
  await emitted.synchronized()
  await fireHook(root as never, 'note', { n: 1 } as never)
  listener.unsubscribe()
  assert.deepEqual(await stop(), {})
  const messages = new Set(lines.map(({ message }) => message))
  assert.deepEqual(
    [...messages].toSorted(),
    ['*', 'hook.finished', 'lifecycle'].map((type) => `a listener of root.on('${type}') threw`),
  )
  assert.ok(lines.every(({ level, error }) => level === 'error' && error === wrong))
})

test('a listener that was taken off is not called any more', async (t) => {
  const { root, start, emitted } = await createRoot(t, {})
  const states: string[] = []
  const listener = root.on('lifecycle', ({ state }) => {
    states.push(state)
    listener.unsubscribe()
  })
  start()
  await emitted.synchronized()
  assert.deepEqual(states, ['restart'])
})

test('an inspect callback that throws wedges nothing, and is logged once', async (t) => {
  const { logger, lines } = recordingLogger()
  const chain = simulateChain({ seed: 1, length: 20 })
  let inspected = 0
  const { root, emitted, stop } = await startRoot(
    t,
    {
      hooks: HOOKS,
      logger,
      indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
    },
    {
      inspect: ({ type }) => {
        inspected += 1
        // The first tells of the actor while createActor still makes it: that error is createActor's.
        if (type !== '@xstate.actor' || inspected > 1) slip()
      },
    },
  )
  await fireHook(root as never, 'note', { n: 1 } as never)
  chain.reorg(2)
  await emitted.synchronized()
  assert.deepEqual(await stop(), {})
  assert.deepEqual(lines, [{ level: 'error', message: 'the inspect callback threw', error: wrong }])
})

test("the inspect callback of the user's own machine cannot wedge the root in it", async (t) => {
  const { url } = await createTestDatabase(t)
  const { logger, lines } = recordingLogger()
  const machine = setup({ actors: { pawl: pawl({ database: url, logger }) } }).createMachine({
    invoke: { id: 'pawl', src: 'pawl' },
  })
  const parent = createActor(machine, { inspect: ({ type }) => type === '@xstate.microstep' && slip() })
  parent.subscribe({ error: () => {} })
  parent.start()
  const child = parent.getSnapshot().children['pawl'] as never as Parameters<typeof watch>[0]
  const { emitted, ended } = watch(child)
  await emitted.synchronized()
  child.send({ type: 'STOP' })
  assert.deepEqual(await ended, {})
  assert.equal(lines.length, 1)
})

test('without a logger, what is wrong is a warning of the process', async (t) => {
  const { root, start, emitted } = await createRoot(t, {})
  root.on('reindex', slip)
  const warned = once(process, 'warning')
  start()
  await emitted.synchronized()
  const [warning] = (await warned) as [Error & { readonly detail: string }]
  assert.equal(warning.message, "Pawl: a listener of root.on('reindex') threw")
  assert.match(warning.detail, /a slip of the user/)
})

test('a logger that throws, now or later, stops nothing and is told once', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const later = (): never => Promise.reject(wrong) as never
  const loggers: Logger[] = [
    { debug: slip, info: slip, warn: slip, error: slip, child: slip },
    { debug: later, info: later, warn: later, error: later, child: () => null as never },
  ]
  for (const logger of loggers) {
    const { root, stop } = await startRoot(t, {
      logger,
      hooks: {
        ...HOOKS,
        log: hook({
          run: (ctx) => {
            ctx.logger.info('from a hook')
            ctx.logger.child({ more: 1 }).error('from a child')
          },
        }),
      },
      // Its arguments are missing: a warning when the config is loaded.
      jobs: { never: { hook: 'note', crontab: '0 0 29 2 *' } as never },
    })
    await fireHook(root as never, 'log')
    assert.deepEqual(await stop(), {})
  }
  assert.deepEqual(
    // One a logger.
    warnings.map(({ message }) => message),
    ['Pawl: the logger threw', 'Pawl: the logger threw'],
  )
})
