import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { SignalRConnection } from '../../../src/datasources/tzkt/signalr-connection.ts'
import type { WebSocketLike } from '../../../src/datasources/web-socket.ts'
import { TestClock, type ChainOptions } from '../../../src/testing/index.ts'
import { open } from './open-local-tzkt.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }

/** Its clock stands still, so that nothing is noticed by polling. */
async function openPushed(t: TestContext, chain: Partial<ChainOptions> = {}) {
  const clock = new TestClock()
  const opened = await open(t, { webSocket: true, clock }, chain)
  const subscribed = async (count: number) => {
    while (opened.server.subscribers !== count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { ...opened, clock, subscribed }
}

test('heads are told by the WebSocket as they come', async (t) => {
  const { chain, datasource, server, subscribed } = await openPushed(t)
  await datasource.head(call)
  // To be subscribed is news itself: what came before would be missed.
  await datasource.changed?.(call)
  await subscribed(1)
  for (const change of [() => chain.extend(), () => chain.reorg(1, 1), () => chain.reorg(2, 1)]) {
    const { hash } = await datasource.head(call)
    const noticed = datasource.changed?.(call)
    change()
    server.publish()
    await noticed
    assert.notEqual((await datasource.head(call)).hash, hash)
  }
  assert.equal(server.subscribers, 1)
})

test('a head that was asked for before it was told is no news', async (t) => {
  const { chain, datasource, server, subscribed, clock } = await openPushed(t)
  await datasource.head(call)
  await datasource.changed?.(call)
  await subscribed(1)
  chain.extend()
  server.publish()
  await datasource.head(call)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await datasource.head(call)
  const before = server.requests.length
  let woken = false
  const controller = new AbortController()
  const waiting = datasource.changed?.({ ...call, signal: controller.signal }).then(() => (woken = true))
  server.publish()
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual([woken, server.requests.length], [false, before])
  controller.abort(new Error('over'))
  await assert.rejects(Promise.resolve(waiting), /over/)
  assert.ok(clock.pending < 4, 'timers stay behind')
})

test('a head that was told of, and that REST does not have yet, is looked for every poll interval', async (t) => {
  const { chain, datasource, server, subscribed, clock } = await openPushed(t)
  await datasource.head(call)
  await datasource.changed?.(call)
  await subscribed(1)
  await datasource.head(call)
  const told = datasource.changed?.(call)
  // Of two servers one is told, and the other one is asked.
  let isBehind = true
  const behind = JSON.stringify(
    [29, 28].map((level) => {
      const { timestamp } = chain.block(level) ?? { timestamp: 0 }
      return {
        level,
        hash: 'B'.padEnd(51, String(level)),
        timestamp: new Date(timestamp * 1_000).toISOString(),
      }
    }),
  )
  server.intercept('/v1/blocks', (_, response) => {
    if (!isBehind) return false
    response.writeHead(200, { 'content-type': 'application/json' }).end(behind)
    return true
  })
  chain.extend()
  server.publish()
  await told
  assert.equal((await datasource.head(call)).level, 29)
  isBehind = false
  const noticed = datasource.changed?.(call)
  await clock.advance(2_000)
  await noticed
  assert.equal((await datasource.head(call)).level, 30)
})

for (const how of ['close', 'break'] as const) {
  test(`a connection that the server ${how}s is opened again, and what came meanwhile is noticed`, async (t) => {
    const { chain, datasource, server, subscribed, clock } = await openPushed(t)
    await datasource.head(call)
    await datasource.changed?.(call)
    await subscribed(1)
    await datasource.head(call)
    const noticed = datasource.changed?.(call)
    server.drop(how)
    await noticed
    await subscribed(0)
    await datasource.head(call)
    chain.extend()
    server.publish()
    const again = datasource.changed?.(call)
    while (server.subscribers === 0) {
      await clock.advance(500)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await again
    assert.equal((await datasource.head(call)).level, 30)
  })
}

test('without a WebSocket heads are polled', async (t) => {
  const { chain, datasource, server } = await open(t, { webSocket: false, pollInterval: 10 })
  await datasource.head(call)
  const noticed = datasource.changed?.(call)
  chain.extend()
  server.publish()
  await noticed
  assert.equal(server.subscribers, 0)
  assert.equal((await datasource.head(call)).level, 30)
})

test('where the WebSocket tells nothing the head is looked at now and then', async (t) => {
  const { chain, datasource, server, subscribed, clock } = await openPushed(t)
  await datasource.head(call)
  await datasource.changed?.(call)
  await subscribed(1)
  await datasource.head(call)
  const noticed = datasource.changed?.(call)
  chain.extend()
  // Everything but the message.
  server.drop('break')
  server.publish()
  await noticed
  let over = false
  await datasource.head(call)
  chain.extend()
  const next = datasource.changed?.(call).then(() => (over = true))
  while (!over) {
    await clock.advance(1_000)
    server.publish()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await next
})

test('closed, it leaves no timer and no connection', async (t) => {
  const { datasource, server, subscribed, clock } = await openPushed(t)
  await datasource.head(call)
  await datasource.changed?.(call)
  await subscribed(1)
  await datasource.close?.()
  await subscribed(0)
  assert.equal(clock.pending, 0)
  assert.equal(server.subscribers, 0)
})

/** A socket whose server is the test. */
function scriptedSocket() {
  const listeners = new Map<string, (event: { readonly data: unknown }) => void>()
  const sent: unknown[] = []
  let closed = false
  const socket: WebSocketLike = {
    send: (text) =>
      void sent.push(
        ...text
          .split('\u001e')
          .slice(0, -1)
          .map((one) => JSON.parse(one) as unknown),
      ),
    close: () => (closed = true),
    addEventListener: (type: string, listener: (event: { readonly data: unknown }) => void) =>
      void listeners.set(type, listener),
  }
  const happens = (type: string, data?: unknown) => listeners.get(type)?.({ data })
  const says = (...messages: readonly unknown[]) =>
    happens('message', messages.map((one) => `${JSON.stringify(one)}\u001e`).join(''))
  return { socket, sent, happens, says, isClosed: () => closed }
}

function connect() {
  const clock = new TestClock()
  const told: unknown[] = []
  const script = scriptedSocket()
  const connection = new SignalRConnection({
    socket: script.socket,
    clock,
    onInvocation: (target, args) => void told.push([target, ...args]),
  })
  return { ...script, clock, told, connection }
}

test('SignalR: handshake, calls, answers in any order, several records in one message', async () => {
  const { connection, happens, says, sent, told } = connect()
  const opened = connection.opened()
  happens('open')
  assert.deepEqual(sent, [{ protocol: 'json', version: 1 }])
  says({}, { type: 1, target: 'head', arguments: [{ type: 0, state: 3 }] })
  await opened
  const first = connection.invoke('First', 1)
  const second = connection.invoke('Second')
  says(
    { type: 6 },
    { type: 3, invocationId: '2', result: 5 },
    { type: 3, invocationId: '1', error: 'no' },
    { type: 99 },
  )
  assert.equal(await second, 5)
  await assert.rejects(first, /^Error: no$/)
  assert.deepEqual(told, [['head', { type: 0, state: 3 }]])
})

test('SignalR: it pings, and takes a server that says nothing for gone', async () => {
  const { connection, happens, says, sent, clock, isClosed } = connect()
  happens('open')
  says({})
  await connection.opened()
  await clock.advance(25_000)
  says({ type: 6 })
  await clock.advance(25_000)
  assert.equal(sent.filter((message) => (message as { type?: number }).type === 6).length, 5)
  assert.equal(isClosed(), false)
  const call = connection.invoke('SubscribeToHead').catch((error: Error) => error.message)
  await clock.advance(10_000)
  assert.equal(await call, 'nothing came from the server for 30 s')
  assert.equal(await connection.closed, 'nothing came from the server for 30 s')
  assert.equal(isClosed(), true)
  assert.equal(clock.pending, 0)
})

for (const [what, act, reason] of [
  [
    'refuses the handshake',
    ({ says }) => says({ error: 'no json' }),
    'the server refuses the protocol: no json',
  ],
  [
    'closes',
    ({ says }) => says({}, { type: 7, error: 'restart' }),
    'the server closed the connection: restart',
  ],
  ['breaks', ({ happens }) => happens('error'), 'the connection broke'],
  [
    'speaks something else',
    ({ happens }) => happens('message', 'hello'),
    'the server sent what is no SignalR message',
  ],
  ['sends bytes', ({ happens }) => happens('message', new ArrayBuffer(3)), 'the server sent what is no text'],
] satisfies [string, (one: ReturnType<typeof connect>) => void, string][]) {
  test(`SignalR: a server that ${what} ends the connection, with the reason`, async () => {
    const one = connect()
    const opened = one.connection.opened().catch((error: Error) => error.message)
    one.happens('open')
    act(one)
    assert.equal(await one.connection.closed, reason)
    assert.ok([undefined, reason].includes((await opened) as string | undefined))
    assert.equal(one.clock.pending, 0)
    await assert.rejects(one.connection.invoke('SubscribeToHead'), /it is not open/)
  })
}
