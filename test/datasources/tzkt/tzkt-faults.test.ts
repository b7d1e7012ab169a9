import assert from 'node:assert/strict'
import test from 'node:test'
import type { ServerResponse } from 'node:http'
import { tzkt } from '../../../src/datasources/tzkt.ts'
import { TestClock } from '../../../src/testing/index.ts'
import { isError } from '../evm/open-simulated.ts'
import { open, openLocalTzkt, transfers } from './open-local-tzkt.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const range = { ...call, finalized: 20 }

/** Answers so many requests so. */
const times = (count: number, answer: (response: ServerResponse) => void) => {
  let left = count
  return (_: unknown, response: ServerResponse) => {
    if (left === 0) return false
    left -= 1
    answer(response)
    return true
  }
}

const status = (code: number, headers: Readonly<Record<string, string>> = {}, body = '') => {
  return (response: ServerResponse) => void response.writeHead(code, headers).end(body)
}

test('too many requests: it waits as long as the server says, and asks again', async (t) => {
  const clock = new TestClock({ settle: () => new Promise((resolve) => setTimeout(resolve, 20)) })
  const { datasource, server } = await open(t, { clock, timeout: 60_000 })
  server.intercept('/v1', times(2, status(429, { 'retry-after': '7' })))
  const started = clock.now()
  let done: number | undefined
  const head = datasource.head(call).finally(() => (done = clock.now()))
  while (done === undefined) await clock.advance(1_000)
  assert.equal((await head).level, 29)
  assert.ok(done - started >= 14_000, `${done - started} ms`)
})

test('a server that wants a pause longer than we wait is not asked before, and the index is told', async (t) => {
  const clock = new TestClock()
  const { datasource, server } = await open(t, { clock })
  server.intercept('/v1', times(1, status(429, { 'ratelimit-reset': '60' })))
  await assert.rejects(datasource.head(call), isError(/it has had too many requests \(429\)$/, true))
  const asked = server.requests.length
  await clock.advance(40_000)
  await assert.rejects(datasource.head(call), isError(/wants not to be asked for another 20 s$/, true))
  await assert.rejects(
    Promise.resolve(datasource.blocks(3, 5, range)),
    isError(/wants not to be asked for another 20 s$/, true),
  )
  assert.equal(server.requests.length, asked)
  await clock.advance(20_000)
  assert.equal((await datasource.head(call)).level, 29)
})

test('a server that fails now and then is asked again, one that always does is told of', async (t) => {
  const clock = new TestClock({ settle: () => new Promise((resolve) => setTimeout(resolve, 20)) })
  const { datasource, server } = await open(t, { clock, timeout: 60_000 })
  const drive = async <Result>(work: Promise<Result>): Promise<Result> => {
    let over = false
    work.then(
      () => (over = true),
      () => (over = true),
    )
    while (!over) await clock.advance(500)
    return work
  }
  server.intercept('/v1', times(3, status(502)))
  assert.equal((await drive(datasource.blocks(3, 5, range))).length, 3)
  server.intercept('/v1', times(99, status(503)))
  await assert.rejects(drive(datasource.head(call)), isError(/\/v1\/blocks: it fails \(503\)$/, true))
})

for (const [what, answer, message, hint] of [
  ['no API', status(404, {}, '<html>'), /it answered 404 with no JSON$/, /address of a TzKT API/],
  ['an HTML page', status(200, {}, '<html>'), /it answered 200 with no JSON$/, /address of a TzKT API/],
  ['no key', status(401), /it refuses access \(401\)$/, /apikey/],
  [
    'a request it does not take',
    status(400, {}, '{"code":400,\n "errors":{"sender":"Invalid address"}}'),
    /it refuses the request: {"code":400, "errors":{"sender":"Invalid address"}}$/,
    undefined,
  ],
] as const) {
  test(`${what} stops the index`, async (t) => {
    const { datasource, server } = await open(t)
    server.intercept('/v1', times(1, answer))
    await assert.rejects(datasource.head(call), (error: unknown) => {
      isError(message, false)(error)
      if (hint) assert.match((error as { hint?: string }).hint ?? '', hint)
      return true
    })
  })
}

test('an answer that is none is told, and may pass', async (t) => {
  const { datasource, server } = await open(t)
  for (const [path, body, message] of [
    ['/v1/blocks', '{}', /\/v1\/blocks: it answered with what are no blocks$/],
    ['/v1/blocks', '[{"level":1}]', /\/v1\/blocks: it answered with what are no blocks$/],
    ['transactions', '{}', /transactions: it answered with no list$/],
    [
      'transactions',
      '[{"id":1}]',
      /transactions: it answered with what is no transaction: level: Invalid key/,
    ],
    ['/v1/head', '{}', /\/v1\/head: it tells no chainId$/],
    ['/v1/head', 'null', /\/v1\/head: it tells no chainId$/],
  ] as const) {
    server.intercept(path, times(1, status(200, { 'content-type': 'application/json' }, body)))
    const work =
      path === '/v1/head' ? datasource.chain?.(call) : datasource.blocks(3, 4, { ...call, finalized: -1 })
    await assert.rejects(Promise.resolve(work), isError(message, true))
    server.intercept(path, undefined)
  }
})

test('a server behind the one that told of the head is noticed', async (t) => {
  const { chain, datasource, server } = await open(t)
  chain.extend()
  // Its state is a block behind what its database has.
  assert.equal((await datasource.head(call)).level, 29)
  await assert.rejects(
    Promise.resolve(datasource.blocks(30, 30, { ...call, finalized: 20 })),
    isError(/has a server that is behind: .* up to level 30, and is at 29$/, true),
  )
  server.publish()
  assert.equal((await datasource.head(call)).level, 30)
})

test('operations that TzKT has kept of a block that left the chain are never taken', async (t) => {
  const { chain, datasource, server } = await open(t, {}, { emptyShare: 0 })
  const ask = () => datasource.blocks(29, 29, { ...call, finalized: 20 })
  await ask()
  chain.reorg(1, 1)
  // Not published: the API's cache still has what it answered before.
  const [block] = await ask()
  assert.deepEqual(
    block?.operations.map(({ id }) => id % 1_048_576),
    chain.head.events.map(({ index }) => index),
  )
  server.publish()
})

test('a reorg between blocks and operations is noticed, also where neither branch has operations', async (t) => {
  const { chain, datasource, server } = await open(t, {}, { emptyShare: 1 })
  server.intercept('transactions', () => void chain.reorg(1, 1))
  await assert.rejects(
    Promise.resolve(datasource.blocks(28, 29, { ...call, finalized: 20 })),
    isError(/changed its chain at level 29 while it answered$/, true),
  )
})

test('nobody there', async (t) => {
  const { server } = await openLocalTzkt(t)
  await server.close()
  const datasource = tzkt({ url: server.url, operations: transfers })
  await assert.rejects(
    datasource.head(call),
    isError(/^http:\/\/127.0.0.1:\d+ cannot be reached: nothing listens there \(connection refused\)$/, true),
  )
})

test('a request that hangs is given up, and says so', async (t) => {
  const { datasource, server } = await open(t, { timeout: 30 })
  server.intercept('/v1', () => true)
  await assert.rejects(datasource.head(call), isError(/\/v1\/blocks: no answer within 0.03 s$/, true))
})
