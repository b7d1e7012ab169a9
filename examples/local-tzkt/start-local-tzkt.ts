import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SimulatedBlock, SimulatedChain } from 'pawl/testing'
import { openHub } from './hub.ts'
import { queryRows } from './query-rows.ts'
import { blockHash, rowsOf, timeOf, type List, type Row } from './tezos-rows.ts'

/** A TzKT of a simulated chain, on this machine. */
export interface LocalTzkt {
  readonly url: string
  /** Path and query of each request that it answered. */
  readonly requests: readonly string[]
  /** How many listen for heads. */
  readonly subscribers: number
  /**
   * Tells of what happened to the chain: until then the API's cached answers and its state are the old ones, as with TzKT,
   * whose API hears of its indexer's commits a little later.
   */
  publish(): void
  /** Breaks all WebSockets. */
  drop(how: 'close' | 'break'): void
  /** Answers the next requests of this path (a part of it) so; undefined: as always. */
  intercept(path: string, answer: Intercept | undefined): void
  close(): Promise<void>
}

export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | void

const PATHS: Readonly<Record<string, List>> = {
  '/v1/blocks': 'blocks',
  '/v1/operations/transactions': 'transactions',
  '/v1/operations/originations': 'originations',
  '/v1/contracts/events': 'events',
  '/v1/bigmaps/updates': 'bigMaps',
  '/v1/tokens/transfers': 'tokenTransfers',
}

/** Serves the part of TzKT's API that `pawl/tzkt` uses, with what happens on `chain`. Keeps no process alive by itself. */
export async function startLocalTzkt(chain: SimulatedChain): Promise<LocalTzkt> {
  const requests: string[] = []
  const cache = new Map<string, string>()
  const rows = new Map<List, WeakMap<SimulatedBlock, readonly Row[]>>()
  const intercepts = new Map<string, Intercept>()
  let told = [...chain.canonical()]

  const rowsIn = (list: List): readonly Row[] => {
    const known = rows.get(list) ?? new WeakMap<SimulatedBlock, readonly Row[]>()
    rows.set(list, known)
    return chain.canonical().flatMap((block) => {
      const own = known.get(block) ?? rowsOf(list, block)
      known.set(block, own)
      return own
    })
  }

  const head = () => {
    const { level, hash, timestamp } = told.at(-1) ?? chain.head
    return {
      chain: 'local',
      chainId: 'NetXLocalTzktPw',
      level,
      hash: blockHash({ hash }),
      timestamp: timeOf(timestamp),
      knownLevel: level,
      synced: true,
    }
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    requests.push(url.pathname + url.search)
    for (const [path, answer] of intercepts) {
      if (url.pathname.includes(path) && answer(request, response) === true) return
    }
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.setHeader('tzkt-level', String(head().level))
    if (url.pathname === '/v1/head') return void response.end(JSON.stringify(head()))
    const list = PATHS[url.pathname]
    if (list === undefined) {
      response.statusCode = 404
      return void response.end()
    }
    const cached = cache.get(request.url ?? '')
    if (cached !== undefined) return void response.end(cached)
    const answer = queryRows(rowsIn(list), url.searchParams)
    if ('refused' in answer) {
      response.statusCode = 400
      return void response.end(JSON.stringify({ code: 400, errors: { limit: answer.refused } }))
    }
    const text = JSON.stringify(answer.rows)
    // As there: blocks are never answered from the cache.
    if (list !== 'blocks') cache.set(request.url ?? '', text)
    response.end(text)
  })
  const hub = openHub(server, () => head().level)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get subscribers() {
      return hub.subscribers
    },
    publish() {
      const now = chain.canonical()
      const same = now.findIndex((block, at) => told[at] !== block)
      const common = same === -1 ? now.length : same
      const left = told.length - common
      cache.clear()
      told = [...now]
      if (left > 0) hub.send({ type: 2, state: now[common - 1]?.level ?? 0 })
      hub.send({ type: 1, state: chain.head.level, data: head() })
    },
    drop: (how) => hub.drop(how),
    intercept(path, answer) {
      if (answer === undefined) intercepts.delete(path)
      else intercepts.set(path, answer)
    },
    close: () =>
      new Promise((resolve) => {
        hub.drop('break')
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
