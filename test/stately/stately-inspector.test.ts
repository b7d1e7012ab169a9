import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createActor, createMachine, setup } from 'xstate'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import { defineConfig, fireHook, hook } from 'pawl'
import { statelyInspector } from 'pawl/stately'
import { simulateChain } from 'pawl/testing'
import { StatelyBridge } from '../../src/inspector/page/stately-bridge.ts'
import { startRoot } from '../embedding/running-root.ts'
import { HostedInspector } from './hosted-inspector.ts'

const LIMIT = { timeout: 120_000 }

/** A browser, as far as it matters: the page's bridge over a real stream of the server, and the hosted inspector. */
function openBrowser(t: TestContext, address: string, hosted = new HostedInspector()) {
  const url = new URL(address)
  const token = url.hash.replace('#token=', '')
  let cut: AbortController | undefined
  const states: string[] = []
  const bridge = new StatelyBridge({
    target: hosted,
    origin: 'https://stately.ai',
    retryAfter: 5,
    onState: (state) => states.push(state),
    open: async (signal) => {
      cut = new AbortController()
      const response = await fetch(new URL('/stream', url.origin), {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.any([signal, cut.signal]),
      })
      assert.equal(response.status, 200)
      assert.ok(response.body)
      return response.body.pipeThrough(new TextDecoderStream())
    },
  })
  t.after(() => bridge.close())
  return {
    hosted,
    states,
    load: () => hosted.load((event) => bridge.hear(event)),
    /** The connection breaks. */
    cut: () => cut?.abort(),
    bridge,
  }
}

async function startIndexing(t: TestContext) {
  const chain = simulateChain({ seed: 1, length: 30, finality: 10 })
  const config = defineConfig({
    indexes: { blocks: { datasource: chain.datasource(), handler() {} } },
    hooks: { greet: hook({ run() {} }) },
    jobs: { often: { hook: 'greet', interval: '1d' } },
  })
  const { root, emitted } = await startRoot(t, config)
  return { chain, root: root as unknown as AnyActorRef, typed: root, emitted }
}

const PARTS = ['root', 'indexer', 'index: blocks', 'hooks', 'scheduler', 'job: often']

const names = (hosted: HostedInspector): (string | undefined)[] =>
  hosted.received.flatMap((event) => (event.type === '@xstate.actor' ? [event.name] : []))

const hasParts = (hosted: HostedInspector) => () =>
  PARTS.slice(1).every((name) => names(hosted).includes(name)) &&
  hosted.received.some(({ type }) => type === '@xstate.actor')

test('one that attaches late is told of every actor, with its definition and its state', LIMIT, async (t) => {
  const { root } = await startIndexing(t)
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  const { hosted, load } = openBrowser(t, inspector.url)
  load()
  await hosted.until(hasParts(hosted))
  const actors = hosted.received.filter((event) => event.type === '@xstate.actor')
  const [first] = actors
  assert.equal(first?.sessionId, root.sessionId)
  for (const actor of actors) {
    assert.equal(actor.rootId, root.sessionId)
    assert.ok(
      actor.sessionId === root.sessionId || actors.some(({ sessionId }) => sessionId === actor.parentId),
    )
    assert.ok('id' in (JSON.parse(actor.definition ?? '') as object))
  }
  const indexer = actors.find(({ name }) => name === 'indexer')
  assert.deepEqual(indexer?.snapshot, { status: 'active', value: { synchronized: 'settled' }, context: {} })
  const { states } = JSON.parse(indexer.definition ?? '') as { states: object }
  assert.ok('rollback' in states)
})

test('every transition comes, in order, and every actor before what it does', LIMIT, async (t) => {
  const { root, typed, chain, emitted } = await startIndexing(t)
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  const { hosted, load } = openBrowser(t, inspector.url)
  load()
  await hosted.until(hasParts(hosted))

  const expected: string[] = []
  const key = (sessionId: string, event: string, value: unknown): string =>
    `${sessionId} ${event} ${JSON.stringify(value)}`
  const watching = root.system.inspect((event: InspectionEvent) => {
    if (event.type !== '@xstate.snapshot') return
    expected.push(
      key(event.actorRef.sessionId, event.event.type, (event.snapshot as { value?: unknown }).value),
    )
  })
  const before = hosted.received.length
  chain.reorg(3, 5)
  await emitted.next('index.rolledBack')
  for (let n = 0; n < 50; n++) await fireHook(typed, 'greet')
  await emitted.next('index.progress', ({ hash }) => hash === chain.head.hash)
  watching.unsubscribe()
  const told = () =>
    hosted.received
      .slice(before)
      .flatMap((event) =>
        event.type === '@xstate.snapshot'
          ? [key(event.sessionId, event.event.type, (event.snapshot as { value?: unknown }).value)]
          : [],
      )
  await hosted.until(() => told().length >= expected.length)
  assert.deepEqual(told().slice(0, expected.length), expected)
  assert.ok(expected.some((line) => line.includes('"rollback"')))
  const known = new Set<string>()
  for (const event of hosted.received) {
    if (event.type === '@xstate.actor') known.add(event.sessionId)
    else assert.ok(known.has(event.sessionId), `${event.sessionId} was not told of`)
  }
})

test('after a reload, and after the connection broke, everything is told again', LIMIT, async (t) => {
  const { root } = await startIndexing(t)
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  const { hosted, load, cut, states } = openBrowser(t, inspector.url)
  load()
  await hosted.until(hasParts(hosted))
  load()
  await hosted.until(hasParts(hosted))
  hosted.received = []
  cut()
  await hosted.until(hasParts(hosted))
  assert.ok(states.includes('reconnecting'))
})

test('nobody but the hosted inspector is listened to, or told anything', LIMIT, async (t) => {
  const { root } = await startIndexing(t)
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  const evil = openBrowser(t, inspector.url, new HostedInspector('https://evil.example'))
  evil.load()
  const { hosted, load, bridge } = openBrowser(t, inspector.url)
  bridge.hear({ data: { type: '@statelyai.connected' }, origin: 'https://stately.ai', source: {} })
  load()
  await hosted.until(hasParts(hosted))
  assert.deepEqual(evil.hosted.received, [])
  assert.deepEqual(evil.states, [])
})

test('its server is for this machine, and for who has the token', LIMIT, async (t) => {
  const { root } = await startIndexing(t)
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  const { origin, hostname, hash } = new URL(inspector.url)
  assert.equal(hostname, '127.0.0.1')
  const authorization = `Bearer ${hash.replace('#token=', '')}`
  const status = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${origin}${path}`, { headers, method })
    await response.body?.cancel()
    return response.status
  }
  assert.equal(await status('/stream'), 401)
  assert.equal(await status('/stream', { authorization: 'Bearer wrong' }), 401)
  assert.equal(await status('/stream', { authorization, origin: 'https://evil.example' }), 403)
  assert.equal(await status('/stream', { authorization }), 200)
  assert.equal(await status('/stream', { authorization }, 'POST'), 405)
  assert.equal(await status('/../package.json'), 404)
  const page = await fetch(`${origin}/`)
  assert.match(page.headers.get('content-security-policy') ?? '', /frame-src https:\/\/stately\.ai;/)
  assert.ok(!(await page.text()).includes(authorization.slice(7)))
  for (const path of ['/main.js', '/stately-bridge.js', '/style.css']) assert.equal(await status(path), 200)
})

test('contexts and payloads are told only as far as one says so', LIMIT, async (t) => {
  const machine = setup({}).createMachine({
    id: 'wallet',
    context: { key: 's3cret', balance: 5 },
    initial: 'idle',
    states: { idle: { on: { PAY: 'paid' } }, paid: {} },
  })
  for (const telling of [
    {},
    { context: () => ({ balance: 5 }), event: ({ type }: { type: string }) => ({ type, to: 'bob' }) },
  ]) {
    const root = createActor(machine).start()
    const inspector = await statelyInspector(root, telling)
    t.after(() => inspector.close())
    const { hosted, load } = openBrowser(t, inspector.url)
    load()
    await hosted.until((received) => received.length > 0)
    root.send({ type: 'PAY', pin: 's3cret' } as never)
    await hosted.until((received) => received.some(({ type }) => type === '@xstate.snapshot'))
    const text = JSON.stringify(hosted.received.map(({ ...event }) => ({ ...event, definition: '' })))
    assert.ok(!text.includes('s3cret'))
    assert.equal(text.includes('"balance":5'), 'context' in telling)
    assert.equal(text.includes('"to":"bob"'), 'event' in telling)
  }
})

test('while nobody looks nothing is watched', LIMIT, async (t) => {
  const root = createActor(createMachine({ id: 'm', initial: 'a', states: { a: {} } })).start()
  let watchers = 0
  let tellUnwatched = (): void => {}
  const unwatched = new Promise<void>((resolve) => (tellUnwatched = resolve))
  const { inspect } = root.system
  root.system.inspect = (observer) => {
    watchers += 1
    const subscription = inspect(observer)
    const unsubscribe = (): void => {
      watchers -= 1
      subscription.unsubscribe()
      tellUnwatched()
    }
    return { unsubscribe }
  }
  const inspector = await statelyInspector(root)
  t.after(() => inspector.close())
  assert.equal(watchers, 0)
  const { hosted, load, bridge } = openBrowser(t, inspector.url)
  load()
  await hosted.until((received) => received.length > 0)
  assert.equal(watchers, 1)
  bridge.close()
  await unwatched
  assert.equal(watchers, 0)
})
