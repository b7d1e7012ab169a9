import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import { evm } from '../../../src/datasources/evm.ts'
import { ConfigurationError } from '../../../src/errors.ts'
import { simulateChain, TestClock } from '../../../src/testing/index.ts'
import { relayTo } from '../../support/relay.ts'
import { isError, logs, open } from './open-simulated.ts'
import { startProxyNode, type Answer, type Takeover } from './proxy-node.ts'
import { answersOf } from './simulated-node.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }

/** Refuses so many requests, then answers. */
function limited(times: number, headers: Record<string, string> = {}): Takeover {
  let left = times
  return (_calls, response) => {
    if (left === 0) return false
    left -= 1
    response.writeHead(429, headers).end('slow down')
    return true
  }
}

const LIMIT = { timeout: 60_000 }
const LEFT_ALONE =
  /answered 502 with nothing that says what it is, which is no JSON-RPC; asked again in \d+ s$/m

/** A request was refused, and its next try waits. */
async function refused(clock: TestClock, node: { readonly requests: readonly unknown[] }): Promise<void> {
  while (clock.pending === 0 || node.requests.length === 0) await new Promise(setImmediate)
  // The request's own timeout goes first.
  while (clock.pending !== 1) await new Promise(setImmediate)
}

test('too many requests: it waits as long as the node says, and asks again', async (t) => {
  const clock = new TestClock()
  const { datasource, node } = await open(t, undefined, { clock }, limited(1, { 'retry-after': '7' }))
  const head = datasource.head(call)
  await refused(clock, node)
  await clock.advance(6_999)
  assert.equal(node.requests.length, 1)
  await clock.advance(1)
  assert.equal((await head).level, 19)
  assert.equal(node.requests.length, 2)
})

for (const after of ['0', 'Thu, 01 Jan 1970 00:00:01 GMT']) {
  test(`a node that refuses, and says to ask again at once (${after}), is given a pause`, async (t) => {
    const clock = new TestClock()
    const { datasource, node } = await open(t, undefined, { clock }, limited(1, { 'retry-after': after }))
    const head = datasource.head(call)
    await refused(clock, node)
    await clock.advance(100)
    assert.equal(node.requests.length, 1)
    await clock.advance(1_000)
    assert.equal((await head).level, 19)
  })
}

test(
  'nodes that failed again and again are named with what they failed by, not with a limit',
  LIMIT,
  async (t) => {
    const broken: Takeover = (_calls, response) => {
      response.writeHead(502).end()
      return true
    }
    const clock = new TestClock({ settle: () => new Promise((resolve) => setTimeout(resolve, 5)) })
    const urls: string[] = []
    for (let at = 0; at < 2; at += 1) urls.push((await startProxyNode(t, () => null, broken)).url)
    const datasource = evm({ url: urls, clock, timeout: 600_000 })
    const messages = new Set<string>()
    const told = (): string => [...messages].join('\n')
    // They are left alone for longer and longer: in the end for longer than the clock goes on while an answer is on its way.
    while (!LEFT_ALONE.test(told())) {
      let over = false
      const head = datasource.head(call).then(
        () => assert.fail('it has no head'),
        (error: Error) => messages.add(error.message).add(`${(error as { hint?: string }).hint}`),
      )
      void head.finally(() => (over = true))
      while (!over) await clock.advance(500)
      await head
    }
    assert.doesNotMatch(told(), /wants not to be asked|rate limit/)
  },
)

test('logs, and the block that shows that a node has them, are asked of one node, also where it takes no batches', async (t) => {
  // Without logs, no other header is read.
  const real = answersOf(simulateChain({ seed: 1, length: 20, emptyShare: 1 }))
  const first = await startProxyNode(t, (one, request) =>
    one.method === 'eth_getLogs' ? refuse('Internal error', -32_603) : real(one, request),
  )
  const second = await startProxyNode(t, real)
  const datasource = evm({ url: [first.url, second.url], logs, batchSize: 1 })
  await datasource.blocks(3, 7, { ...call, finalized: 10 })
  const asked = second.requests.flat().map(({ method, params: [level] }) => `${method} ${String(level)}`)
  assert.ok(asked.includes('eth_getBlockByNumber 0x7'), asked.join())
})

test('a node that wants to be left alone for long is not asked before, and the index is told', async (t) => {
  const clock = new TestClock()
  const after = new Date(clock.now() + 60_000).toUTCString()
  const { datasource, node } = await open(t, undefined, { clock }, limited(1, { 'retry-after': after }))
  const wants = isError(/^http:\/\/127\.0\.0\.1:\d+ wants not to be asked for another (59|60) s$/, true)
  await assert.rejects(datasource.head(call), wants)
  await assert.rejects(datasource.head(call), wants)
  assert.equal(node.requests.length, 1)
  await clock.advance(60_000)
  assert.equal((await datasource.head(call)).level, 19)
})

for (const { message, code } of [
  { message: 'Your app has exceeded its rate limit', code: 429 },
  // Infura's code for too many results, too: it is split by those, and not by this.
  { message: 'project ID request rate exceeded', code: -32_005 },
]) {
  test(`a limit that is only told in words, by one call of a batch, is one, too, and in the end an error: ${message}`, async (t) => {
    let left = 2
    const limited = () =>
      open(t, ({ params }, answer) => {
        if (params[0] === '0x7' && left-- > 0) throw Object.assign(new Error(message), { code })
        return answer()
      })
    const { datasource } = await limited()
    assert.equal((await datasource.blocks(5, 9, { ...call, finalized: 4 })).length, 5)
    left = 100
    await assert.rejects(
      (await limited()).datasource.blocks(5, 9, { ...call, finalized: 4 }),
      isError(new RegExp(message), true),
    )
    assert.equal(left, 95)
  })
}

test('another node answers while the first is away, and the first again when it is back', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const clock = new TestClock()
  const first = await startProxyNode(t, answersOf(chain))
  const second = await startProxyNode(t, answersOf(chain))
  const relay = await relayTo(t, first.url)
  const notes: string[] = []
  const datasource = evm({ url: [relay.url.replace(/\/$/, ''), second.url], logs, clock })
  const noted = { ...call, note: (message: string) => void notes.push(message) }
  assert.equal((await datasource.head(noted)).level, 19)
  assert.deepEqual(second.requests, [])

  relay.cut()
  chain.extend()
  assert.equal((await datasource.head(noted)).level, 20)
  assert.equal((await datasource.blocks(0, 20, { ...noted, finalized: 5 })).length > 15, true)
  assert.equal(notes.length, 1)
  assert.match(notes[0] ?? '', /cannot be reached: .*; left alone for \d+ ms/)

  await relay.restore()
  const before = second.requests.length
  await clock.advance(60_000)
  assert.equal((await datasource.head(noted)).level, 20)
  assert.equal(second.requests.length, before)
  assert.match(notes.at(-1) ?? '', /answers again$/)
})

test('another node answers while the first takes requests and never answers', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const first = await startProxyNode(t, answersOf(chain), () => true)
  const second = await startProxyNode(t, answersOf(chain))
  const notes: string[] = []
  const datasource = evm({ url: [first.url, second.url], timeout: 1_000 })
  assert.equal((await datasource.head({ ...call, note: (message) => void notes.push(message) })).level, 19)
  assert.match(notes[0] ?? '', /: eth_chainId: no answer within 1 s; left alone for \d+ ms$/)
})

for (const [what, noted, answer, takeover] of [
  ['refuses access', /refuses access: it answered 403/, undefined, 403],
  ['has not the method', /eth_getLogs: not for you/, forbid('eth_getLogs', 'not for you'), undefined],
  ['serves another chain', /serves chain 0x7, and not 0x5$/, otherChain(), undefined],
] as const) {
  test(`while the first node is away, a second that ${what} stops nothing for good, and is told of`, async (t) => {
    const chain = simulateChain({ seed: 1, length: 20 })
    let away = false
    const first = await startProxyNode(t, answersOf(chain), (_calls, response) => {
      if (!away) return false
      response.writeHead(502).end()
      return true
    })
    const second = await startProxyNode(t, answer ?? answersOf(chain), (_calls, response) => {
      if (takeover === undefined) return false
      response.writeHead(takeover).end()
      return true
    })
    const clock = new TestClock({ settle: () => new Promise((resolve) => setTimeout(resolve, 5)) })
    const datasource = evm({ url: [first.url, second.url], logs, clock, timeout: 600_000 })
    const notes: string[] = []
    const read = async () => {
      let over = false
      const work = datasource.blocks(5, 9, { ...call, finalized: 4, note: (note) => void notes.push(note) })
      work.then(
        () => (over = true),
        () => (over = true),
      )
      while (!over) await clock.advance(100)
      return work
    }
    await read()
    away = true
    // Also while the first rests, and only the second is asked.
    for (let tries = 0; tries < 3; tries += 1) await assert.rejects(read(), isError(/answered 502/, true))
    assert.ok(
      notes.some((note) => noted.test(note)),
      notes.join(),
    )
    if (what === 'serves another chain') assert.deepEqual(new Set(second.methods()), new Set(['eth_chainId']))
    away = false
    await clock.advance(60_000)
    assert.equal((await read()).length, 5)
  })
}

function forbid(method: string, words: string): Answer {
  const answer = answersOf(simulateChain({ seed: 1, length: 20 }))
  return (one, request) => {
    if (one.method === method) throw Object.assign(new Error(words), { code: -32_601 })
    return answer(one, request)
  }
}

function otherChain(): Answer {
  const answer = answersOf(simulateChain({ seed: 2, length: 30 }))
  return (one, request) => (one.method === 'eth_chainId' ? '0x7' : answer(one, request))
}

test('where no node is only away, what one refuses for good stops', async (t) => {
  const chain = simulateChain({ seed: 1, length: 20 })
  const refusing: Takeover = (_calls, response) => {
    response.writeHead(403).end()
    return true
  }
  const urls = []
  for (let at = 0; at < 2; at += 1) urls.push((await startProxyNode(t, answersOf(chain), refusing)).url)
  await assert.rejects(evm({ url: urls }).head(call), isError(/refuses access: it answered 403$/, false))
})

test('a list of URLs is checked as a whole', () => {
  assert.throws(() => evm({ url: [] }), ConfigurationError)
  assert.throws(() => evm({ url: ['http://localhost:8545', 'ftp://x'] }), /has the scheme "ftp"/)
})

/** Two nodes of one chain, the first of which answers as it is told, and what was noted. */
async function openTwo(
  t: TestContext,
  answer: (call: Parameters<Answer>[0], answer: () => unknown) => unknown,
) {
  const real = answersOf(simulateChain({ seed: 1, length: 20 }))
  const first = await startProxyNode(t, (one, request) => answer(one, () => real(one, request)))
  const second = await startProxyNode(t, real)
  const clock = new TestClock()
  const notes: string[] = []
  const datasource = evm({ url: [first.url, second.url], logs, clock, timeout: 600_000 })
  return {
    first,
    second,
    clock,
    notes,
    datasource,
    noted: { ...call, note: (note: string) => void notes.push(note) },
  }
}

const refuse = (message: string, code: number): never => {
  throw Object.assign(new Error(message), { code })
}

for (const [message, code] of [
  ['Internal error', -32_603],
  ['missing trie node 0x01', -32_000],
  ['pruned history unavailable', 4_444],
  ['no healthy backend', -32_000],
  ['the method eth_getLogs does not exist', -32_601],
] as const) {
  test(`another node answers where the first says: ${message}`, async (t) => {
    const { datasource, noted, notes } = await openTwo(t, ({ method }, answer) =>
      method === 'eth_getLogs' ? refuse(message, code) : answer(),
    )
    assert.equal((await datasource.blocks(5, 9, { ...noted, finalized: 7 })).length > 2, true)
    assert.match(notes.join(), new RegExp(`^[^,]*: eth_getLogs: ${message} .*; left alone for \\d+ ms$`))
  })
}

test('a node that fails at some of its calls is left for longer and longer', async (t) => {
  const { datasource, noted, notes, first, clock } = await openTwo(t, ({ method }, answer) =>
    method === 'eth_getLogs' ? refuse('Internal error', -32_603) : answer(),
  )
  for (let second = 0; second < 120; second += 1) {
    await datasource.head(noted)
    await datasource.blocks(5, 9, { ...noted, finalized: 7 })
    await clock.advance(1_000)
  }
  const failed = first.methods().filter((method) => method === 'eth_getLogs').length
  assert.ok(failed <= 24, `${failed} requests of two minutes`)
  assert.ok(notes.length <= 20, notes.join('\n'))
})

test('what another node would not know better either leaves nobody alone', async (t) => {
  const { datasource, noted, notes, second } = await openTwo(t, ({ params: [first] }, answer) => {
    if (first === 'finalized') return refuse('finalized block not found', -39_001)
    if (typeof first === 'object' && first !== null && 'toBlock' in first && first.toBlock !== '0x5')
      return refuse('block range limit exceeded, see our plans for more throughput', -32_000)
    return answer()
  })
  assert.equal(await datasource.finalized?.(noted), undefined)
  assert.equal((await datasource.blocks(5, 5, { ...noted, finalized: 7 })).length, 1)
  await assert.rejects(Promise.resolve(datasource.blocks(6, 6, { ...noted, finalized: 7 })), /range limit/)
  assert.deepEqual([notes, second.requests], [[], []])
})

test('a node that comes back as one of another chain is not asked', async (t) => {
  let chain = '0x5'
  const { datasource, noted, notes, clock } = await openTwo(t, ({ method, params }, answer) => {
    if (chain === 'none') return refuse('starting', -32_000)
    if (method === 'eth_chainId') return chain
    return chain === '0x5' ? answer() : params[0] === 'latest' ? null : answer()
  })
  assert.equal((await datasource.head(noted)).level, 19)
  chain = 'none'
  assert.equal((await datasource.head(noted)).level, 19)
  chain = '0x7'
  await clock.advance(60_000)
  assert.equal((await datasource.head(noted)).level, 19)
  assert.match(notes.at(-1) ?? '', /serves chain 0x7, and not 0x5; left alone for \d+ ms$/)
  await clock.advance(60_000)
  chain = '0x5'
  assert.equal((await datasource.head(noted)).level, 19)
  assert.match(notes.at(-1) ?? '', /answers again$/)
})
