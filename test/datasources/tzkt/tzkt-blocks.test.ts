import assert from 'node:assert/strict'
import test from 'node:test'
import * as v from 'valibot'
import { accountOf, blockHash, FACTORY, TOKEN } from '../../../examples/local-tzkt/tezos-rows.ts'
import { tzkt } from '../../../src/datasources/tzkt.ts'
import { DatasourceError } from '../../../src/errors.ts'
import { follow } from '../follow.ts'
import { open, openLocalTzkt, transfers } from './open-local-tzkt.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const levels = (blocks: readonly { level: number }[]) => blocks.map(({ level }) => level)

const parameter = v.pipe(
  v.array(
    v.object({
      from_: v.string(),
      txs: v.array(v.object({ to_: v.string(), amount: v.pipe(v.string(), v.toBigint()) })),
    }),
  ),
  v.minLength(1),
)

test('transfers come typed, in order, with the block that they are in', async (t) => {
  const { chain, server } = await openLocalTzkt(t)
  const datasource = tzkt({
    url: server.url,
    operations: [{ kind: 'transaction', target: TOKEN, entrypoint: 'transfer', parameter }],
  })
  for (const finalized of [-1, 29]) {
    const blocks = await datasource.blocks(0, 29, { ...call, finalized })
    assert.deepEqual(
      blocks.map(({ level, hash, operations }) => ({
        level,
        hash,
        transfers: operations.map(({ parameter: [first] }) => [
          first?.from_,
          first?.txs[0]?.to_,
          first?.txs[0]?.amount,
        ]),
      })),
      chain.canonical().map((block) => ({
        level: block.level,
        hash: blockHash(block),
        transfers: block.events.map(({ from, to, amount }) => [
          accountOf(from),
          accountOf(to),
          BigInt(amount),
        ]),
      })),
    )
  }
})

test('an operation is read by the first filter that it fits, and comes once', async (t) => {
  const { server } = await openLocalTzkt(t)
  const datasource = tzkt({
    url: server.url,
    operations: [
      { kind: 'transaction', target: TOKEN, storage: v.object({ ledger: v.number() }) },
      { kind: 'transaction' },
      { kind: 'origination', sender: FACTORY, storage: v.object({ token: v.literal(TOKEN) }) },
    ],
  })
  const blocks = await datasource.blocks(0, 22, { ...call, finalized: -1 })
  const operations = blocks.flatMap((block) => block.operations)
  const ids = operations.map(({ id }) => id)
  assert.deepEqual(
    ids,
    [...new Set(ids)].toSorted((a, b) => a - b),
  )
  const paid = operations.filter((one) => one.kind === 'transaction' && one.target === accountOf('account-1'))
  assert.equal(paid.length, 4)
  for (const one of operations) {
    if (one.kind === 'origination') {
      assert.deepEqual(one.storage, { token: TOKEN })
      assert.match(one.contract, /^KT1/)
    } else if (one.target === TOKEN) {
      assert.deepEqual(one.storage, { ledger: 511 })
    } else {
      assert.deepEqual(
        [one.entrypoint, one.parameter, one.storage, one.amount],
        [undefined, undefined, undefined, 1_000_000n],
      )
    }
  }
  assert.equal(operations.filter(({ kind }) => kind === 'origination').length, 3)
})

test('a call without a parameter is one of `default`, and is found by that name', async (t) => {
  const { datasource, server } = await open(t, {
    operations: [{ kind: 'transaction', target: TOKEN, entrypoint: ['default', 'stake'] }],
  })
  server.intercept('transactions', (request, response) => {
    assert.doesNotMatch(request.url ?? '', /entrypoint/)
    const of = (id: number, parameter: unknown) => ({
      id,
      level: 5,
      block: blockHash(chainBlock),
      hash: `o${id}`,
      counter: 1,
      amount: 0,
      sender: { address: accountOf('a') },
      target: { address: TOKEN },
      parameter,
    })
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify([
        of(1, null),
        of(2, { entrypoint: 'other', value: '1' }),
        of(3, { entrypoint: 'stake' }),
      ]),
    )
    return true
  })
  const chainBlock = (await openLocalTzkt(t)).chain.block(5)!
  const [block] = await datasource.blocks(5, 5, { ...call, finalized: 5 })
  assert.deepEqual(
    block?.operations.map((one) => one.kind === 'transaction' && [one.id, one.entrypoint, one.parameter]),
    [
      [1, 'default', {}],
      [3, 'stake', undefined],
    ],
  )
})

test('events, changes of big maps and token transfers come with their blocks', async (t) => {
  const { chain, server } = await openLocalTzkt(t, { emptyShare: 0.3 })
  const datasource = tzkt({
    url: server.url,
    events: [{ contract: TOKEN, tag: 'transfer_event', payload: v.object({ amount: v.string() }) }],
    bigMaps: [{ contract: TOKEN, path: 'ledger', value: v.pipe(v.string(), v.toNumber()) }],
    tokenTransfers: [{ contract: TOKEN, tokenId: '0' }],
  })
  const blocks = await datasource.blocks(0, 29, { ...call, finalized: 20 })
  const amounts = chain.canonical().flatMap(({ events }) => events.map(({ amount }) => amount))
  assert.deepEqual(
    blocks.flatMap(({ events }) => events.map(({ payload }) => Number(payload.amount))),
    amounts,
  )
  assert.deepEqual(
    blocks.flatMap(({ bigMaps }) => bigMaps.map(({ value }) => value)),
    amounts,
  )
  assert.deepEqual(
    blocks.flatMap(({ tokenTransfers }) => tokenTransfers.map(({ amount }) => Number(amount))),
    amounts,
  )
  assert.ok(levels(blocks).length < 30, 'empty final levels are left out')
})

test('whole blocks come with what their schema puts out', async (t) => {
  const { server } = await openLocalTzkt(t)
  const blocks = v.object({ fees: v.number(), proposer: v.object({ alias: v.string() }) })
  const datasource = tzkt({ url: server.url, blocks })
  const [block] = await datasource.blocks(9, 9, { ...call, finalized: 20 })
  assert.equal(block?.details.proposer.alias, 'Baker')
  await assert.rejects(
    tzkt({ url: server.url, blocks: v.object({ proposer: v.object({ alias: v.number() }) }) }).blocks(9, 9, {
      ...call,
      finalized: 20,
    }),
    /level 9, block B[0-9a-f]{50}: proposer.alias: Invalid type: Expected number but received "Baker"$/,
  )
})

test('what does not fit its schema stops the index, with level, operation and path', async (t) => {
  const { server } = await openLocalTzkt(t)
  const fails = (options: object, message: RegExp) =>
    assert.rejects(
      Promise.resolve(tzkt({ url: server.url, ...options }).blocks(2, 4, { ...call, finalized: 20 })),
      (error: unknown) => {
        assert.ok(error instanceof DatasourceError)
        assert.match(error.message, message)
        assert.equal(error.retriable, false)
        assert.match(error.hint ?? '', /mend the schema/)
        return true
      },
    )
  const wrong = v.array(v.object({ txs: v.array(v.object({ amount: v.number() })) }))
  await fails(
    { operations: [{ kind: 'transaction', target: TOKEN, parameter: wrong }] },
    /^http:\/\/127.0.0.1:\d+: level 2, operation o\w{50}: parameter.0.txs.0.amount: Invalid type: Expected number but received "\d+"$/,
  )
  await fails(
    { events: [{ payload: v.object({ nothing: v.string() }) }] },
    /level 2, operation o\w{50}, event \d+: payload.nothing: Invalid key/,
  )
  await fails({ bigMaps: [{ key: v.number() }] }, /level 2, big map update \d+: key: Invalid type/)
})

test('more than fits a page is read page by page', async (t) => {
  const { chain, datasource, server } = await open(t, {}, { length: 5_200 })
  const blocks = await datasource.blocks(0, 5_199, { ...call, finalized: 5_199 })
  const count = chain.canonical().flatMap(({ events }) => events).length
  assert.ok(count > 10_000)
  assert.equal(blocks.flatMap(({ operations }) => operations).length, count)
  assert.ok(server.requests.filter((request) => request.includes('transactions')).length >= 2)
})

test('few levels with data among many are asked for by name', async (t) => {
  const { datasource, server } = await open(
    t,
    { operations: [{ kind: 'origination' }], blocks: undefined },
    { length: 300 },
  )
  const blocks = await datasource.blocks(0, 299, { ...call, finalized: 299 })
  assert.deepEqual(
    levels(blocks),
    Array.from({ length: 28 }, (_, at) => at * 11),
  )
  assert.match(
    server.requests.find((request) => request.startsWith('/v1/blocks')) ?? '',
    /level.in=0%2C10%2C11%2C21/,
  )
})

test('many addresses are asked for in parts, and filters of the same fields at once', async (t) => {
  const { datasource, server } = await open(t, {
    operations: [
      { kind: 'transaction', sender: Array.from({ length: 150 }, (_, at) => accountOf(`account-${at}`)) },
      { kind: 'transaction', target: TOKEN, entrypoint: 'transfer' },
      { kind: 'transaction', target: FACTORY, entrypoint: ['open', 'shut'] },
    ],
  })
  const [block] = await datasource.blocks(7, 7, { ...call, finalized: 20 })
  assert.ok((block?.operations.length ?? 0) > 0)
  const asked = server.requests.filter((request) => request.includes('transactions'))
  assert.equal(asked.length, 3)
  assert.ok(asked.every((request) => request.length < 8_000))
  assert.ok(asked.some((request) => request.includes('entrypoint.in=transfer%2Copen%2Cshut')))
})

test('a random chain is followed, whatever changes while it answers', async (t) => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const { chain, server } = await openLocalTzkt(t, { seed, length: 16, emptyShare: 0.4 })
    const datasource = tzkt({
      url: server.url,
      operations: transfers,
      events: [{ contract: TOKEN }],
      blocks: 'header',
      webSocket: false,
      finality: 8,
    })
    let random = seed
    const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below
    let blocks = (await follow(datasource)).blocks
    for (let step = 0; step < 6; step += 1) {
      const depth = 1 + next(6)
      // TzKT's indexer commits at once, its API hears of it in the middle of our requests.
      let requests = next(4)
      server.intercept('/v1', () => {
        if ((requests -= 1) === 0) {
          chain.reorg(depth, 1 + next(6))
        } else if (requests === -3) server.publish()
      })
      for (let tries = 0; ; tries += 1) {
        try {
          blocks = (await follow(datasource, { blocks, steps: 1 })).blocks
          if (requests < -3 || tries > 40) break
        } catch (error) {
          assert.ok(error instanceof DatasourceError && error.retriable, String(error))
        }
        await datasource.head(call).catch(() => {})
      }
      server.intercept('/v1', undefined)
      server.publish()
      blocks = (await follow(datasource, { blocks })).blocks
      assert.deepEqual(
        blocks.map(({ hash, operations, events }) => [hash, operations.length, events.length]),
        chain.canonical().map((block) => [blockHash(block), block.events.length, block.events.length]),
        `seed ${seed}, step ${step}`,
      )
    }
  }
})
