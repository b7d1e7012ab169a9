import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Config } from 'pawl'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder } from '../cli/cli-process.ts'
import { startRoot } from '../embedding/running-root.ts'
import { Client, inspected } from './viewer.ts'

const LIMIT = { timeout: 90_000 }
const JSON_BODY = { 'content-type': 'application/json' }

async function start(t: TestContext, plain: Config = {}, options: Parameters<typeof inspected>[1] = {}) {
  const { url, config } = inspected(plain, options)
  const started = await startRoot(t, config)
  return { ...started, client: new Client(await url) }
}

test('without the token nothing is told and nothing done', LIMIT, async (t) => {
  const { client, root } = await start(t)
  const stop = JSON.stringify({ type: 'stop' })
  for (const authorization of [
    undefined,
    '',
    'Bearer ',
    'Bearer wrong',
    `Bearer ${client.headers['authorization']?.slice(7, -1)}`,
    `Basic ${client.headers['authorization']?.slice(7)}`,
  ]) {
    const headers = authorization === undefined ? {} : { authorization }
    for (const path of ['/api/stream', '/api/job?name=x', '/api/actor?id=x', '/api/anything'])
      assert.equal((await client.raw(path, { headers })).status, 401, `${path} ${authorization}`)
    const post = { method: 'POST', headers: { ...headers, ...JSON_BODY }, body: stop }
    assert.equal((await client.raw('/api/command', post)).status, 401)
    assert.equal(
      (await client.raw(`/api/command?token=${client.headers['authorization']?.slice(7)}`, post)).status,
      401,
    )
  }
  assert.equal(root.getSnapshot().status, 'active')
})

test('HEAD of a stream is refused: it would have no end', LIMIT, async (t) => {
  const { client } = await start(t)
  for (const path of ['/api/stream', '/api/stately'])
    assert.equal((await client.raw(path, { method: 'HEAD', headers: client.headers })).status, 405, path)
})

test('a page of another origin is refused, with the token too', LIMIT, async (t) => {
  const { client } = await start(t)
  const { port } = new URL(client.origin)
  for (const origin of [
    'http://evil.example',
    'null',
    `http://evil.example:${port}`,
    'http://127.0.0.1:1',
    'file://',
  ]) {
    const headers = { ...client.headers, ...JSON_BODY, origin }
    const post = { method: 'POST', headers, body: '{"type":"stop"}' }
    assert.equal((await client.raw('/api/command', post)).status, 403, origin)
    assert.equal((await client.raw('/api/stream', { headers })).status, 403, origin)
  }
  const answered = await client.raw('/api/job?name=x', {
    headers: { ...client.headers, origin: client.origin },
  })
  assert.equal(answered.status, 200)
  assert.equal(answered.headers['access-control-allow-origin'], undefined)
})

test('a name that was pointed at this machine is refused (DNS rebinding)', LIMIT, async (t) => {
  const { client } = await start(t)
  const { port } = new URL(client.origin)
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    'localhost.evil',
    '[::1',
  ]) {
    for (const path of ['/', '/health', '/api/stream'])
      assert.equal(
        (await client.raw(path, { headers: { ...client.headers, host } })).status,
        421,
        `${host} ${path}`,
      )
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, `LOCALHOST:${port}`])
    assert.equal((await client.raw('/', { headers: { host } })).status, 200, host)
})

// nginx and Caddy pass the browser's Origin, and nginx names itself as it is addressed: see docs/inspector.md.
test(
  'behind a proxy that passes neither its name nor the origin, it shows and takes commands',
  LIMIT,
  async (t) => {
    const { client } = await start(t)
    const body = '{"type":"runJob","job":"none"}'
    const through = (headers: Readonly<Record<string, string>>) =>
      client.raw('/api/command', {
        method: 'POST',
        headers: { ...client.headers, ...JSON_BODY, ...headers },
        body,
      })
    const origin = 'https://pawl.example.com'
    for (const [headers, status] of [
      [{ host: 'pawl.example.com', origin }, 421],
      [{ host: 'localhost:7295', origin }, 403],
    ] as const) {
      const refused = await through(headers)
      assert.equal(refused.status, status)
      assert.match(refused.text, /behind a proxy, see docs\/inspector\.md/)
    }
    assert.match((await through({ host: 'localhost:7295' })).text, /UNKNOWN_JOB/)
  },
)

test('a huge body is refused before it is read, and one that never ends while it is', LIMIT, async (t) => {
  const { client } = await start(t)
  const huge = await client
    .raw('/api/command', {
      method: 'POST',
      headers: { ...client.headers, ...JSON_BODY, 'content-length': 10_000_000_000 },
    })
    .catch((error: unknown) => error)
  if (!(huge instanceof Error)) assert.equal((huge as { status: number }).status, 413)
  const { hostname, port } = new URL(client.origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(
    `POST /api/command HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${client.headers['authorization']}\r\n` +
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  const answered = once(socket, 'data') as Promise<[Buffer]>
  const part = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`
  for (let sent = 0; sent < 6; sent += 1) socket.write(part)
  assert.match(String((await answered)[0]), /^HTTP\/1\.1 413 /)
  socket.destroy()
  const invalid = { method: 'POST', headers: { ...client.headers, ...JSON_BODY }, body: '{' }
  assert.equal((await client.raw('/api/command', invalid)).status, 400)
  assert.equal((await client.raw('/api/command', { ...invalid, headers: client.headers })).status, 415)
})

test('no path leads out of the page', LIMIT, async (t) => {
  const { client } = await start(t)
  for (const path of [
    '/../package.json',
    '/../../../../../etc/passwd',
    '/..%2f..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..\\..\\package.json',
    '//etc/passwd',
    '/charts/../../package.json',
    '/charts/..%2f..%2fpackage.json',
    '/main.ts',
    '/tsconfig.json',
    '/index.html%00.js',
    '/__proto__',
  ])
    assert.equal((await client.raw(path)).status, 404, path)
})

test('other methods are refused', LIMIT, async (t) => {
  const { client } = await start(t)
  const { headers } = client
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    assert.equal((await client.raw('/', { method })).status, 405, method)
    assert.equal((await client.raw('/api/stream', { method, headers })).status, 405, method)
    assert.equal((await client.raw('/health', { method })).status, 405, method)
  }
  for (const method of ['GET', 'PUT', 'OPTIONS'])
    assert.equal((await client.raw('/api/command', { method, headers })).status, 405, method)
  for (const body of [
    'null',
    '[]',
    '1',
    '{}',
    '{"type":"__proto__"}',
    '{"type":"runJob"}',
    '{"type":"fireHook","hook":1}',
  ])
    assert.equal(
      (await client.raw('/api/command', { method: 'POST', headers: { ...headers, ...JSON_BODY }, body }))
        .status,
      422,
      body,
    )
})

test('every answer has a policy that lets nothing in from elsewhere', LIMIT, async (t) => {
  const { client } = await start(t)
  for (const path of ['/', '/main.js', '/nothing', '/api/stream']) {
    const { headers } = await client.raw(path)
    const policy = headers['content-security-policy'] ?? ''
    assert.match(
      String(policy),
      /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
    )
    assert.ok(!String(policy).includes('unsafe'))
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['referrer-policy'], 'no-referrer')
  }
})

test('its place is noted for this user only, and not for longer than it is there', LIMIT, async (t) => {
  const directory = createFolder(t, {})
  const { url: database } = await createTestDatabase(t)
  const { url, config } = inspected({ directory, database })
  const { stop } = await startRoot(t, config)
  const file = join(directory, '.pawl', 'inspector.json')
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { url: await url, pid: process.pid })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await stop()
  assert.equal(statSync(file, { throwIfNoEntry: false }), undefined)
})
