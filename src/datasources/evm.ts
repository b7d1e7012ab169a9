import { systemClock, type Clock } from '../clock.ts'
import { checkOptions, CLOCK, HEADERS, LIST, wholeFrom, type OptionRules } from '../config/check-options.ts'
import { ConfigurationError, DatasourceError } from '../errors.ts'
import type { Datasource } from './datasource.ts'
import { BlockReader } from './evm/block-reader.ts'
import { bytesOfBlock } from './evm/bytes-of-block.ts'
import { parseEndpoint, type Endpoint } from './evm/endpoint.ts'
import { readHeader, type BlockDetail, type EvmBlock, type EvmHeader } from './evm/evm-block.ts'
import { FinalLevel } from './evm/final-level.ts'
import { httpTransport } from './evm/http-transport.ts'
import { HeadFeed } from './evm/head-feed.ts'
import { JsonRpc, longestRequest } from './evm/json-rpc.ts'
import { LogReader, type LogFilters } from './evm/log-filter.ts'
import { RpcNode } from './evm/rpc-node.ts'
import { requireViem } from './evm/viem.ts'
import { webSocketTransport } from './evm/websocket-transport.ts'
import { linkSignals } from '../link-signals.ts'
import { sleep } from './sleep.ts'

export type { BlockDetail, EvmBlock, EvmHeader, EvmTransaction } from './evm/evm-block.ts'
export type { EvmLog, LogFilter, LogFilters } from './evm/log-filter.ts'

/** Which node is asked, and for what. */
export interface EvmOptions<
  Logs extends LogFilters = LogFilters,
  Detail extends BlockDetail | undefined = BlockDetail | undefined,
> {
  /**
   * Of a node's JSON-RPC: http, https, ws or wss. Its path, query, name and password are never shown. Of several nodes of one chain
   * the first is asked, and the next ones as long as it is away, fails, or wants to be asked less. The first ws or wss of them pushes
   * heads; where there is none, nodes are asked for them.
   */
  readonly url: string | readonly string[]
  /** The logs that blocks come with. */
  readonly logs?: Logs
  /**
   * `header`: every block; `full`: every block with its transactions. Left out: at or below finality only blocks with
   * such logs (every block, where no logs are asked for).
   */
  readonly blocks?: Detail
  /** How often the node is asked for a new head, in ms; also beside pushed ones, of which some get lost. Default: 1000. */
  readonly pollInterval?: number
  /** The most calls in one JSON-RPC batch; 1 for a node that takes none. Default: 100. */
  readonly batchSize?: number
  /** How long one request may take, in ms. Default: 10 000. */
  readonly timeout?: number
  /** Sent with every http request, and when a WebSocket is opened. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the machine's. */
  readonly clock?: Clock
}

const RULES: OptionRules<EvmOptions> = {
  // By `parseEndpoint`, which never quotes it.
  url: undefined,
  logs: LIST,
  blocks: { expected: "'header' or 'full'", passes: (value) => value === 'header' || value === 'full' },
  pollInterval: wholeFrom(1),
  batchSize: wholeFrom(1),
  timeout: wholeFrom(1),
  headers: HEADERS,
  clock: CLOCK,
}

/**
 * An EVM chain by JSON-RPC.
 *
 * Logs come decoded, with the types of their events: a log whose data does not fit its event is left out. What is final is
 * asked by the `finalized` tag. A range of logs that is too large for the node is asked for in halves; a node that says that there
 * were too many requests is left alone for as long as it says.
 *
 * @throws ConfigurationError where the URL or a filter cannot be used, or viem is not installed and a WebSocket, full blocks, or data
 * of no fixed size are asked for.
 *
 * @example
 * const transfer = 'event Transfer(address indexed from, address indexed to, uint256 value)'
 * const datasource = evm({ url: 'http://localhost:8545', logs: [{ address: token, event: transfer }] })
 * // in the handler: for (const { args } of block.logs) args.from, args.value
 */
export function evm<
  const Logs extends LogFilters = readonly [],
  const Detail extends BlockDetail | undefined = undefined,
>(options: EvmOptions<Logs, Detail>): Datasource<EvmBlock<Logs, Detail>> {
  checkOptions('evm', options, RULES)
  const { pollInterval = 1000, batchSize = 100, timeout = 10_000, clock = systemClock } = options
  const endpoints = listOf(options.url).map((url) => parseEndpoint(url, options.headers))
  const [first] = endpoints
  if (first === undefined) throw new ConfigurationError([{ path: 'evm.url', message: 'is an empty list' }])
  const more = endpoints.length === 1 ? '' : ` and ${endpoints.length - 1} more`
  const origin = `${first.origin}${more}`
  const logs = new LogReader<Logs>(options.logs ?? ([] as unknown as Logs))
  const nodeOf = (endpoint: Endpoint): RpcNode => {
    const transport =
      endpoint.protocol === 'http' ? httpTransport(endpoint, clock) : webSocketTransport(endpoint)
    return new RpcNode({ endpoint, transport, timeout, clock, random: Math.random })
  }
  const rpc = new JsonRpc({ nodes: [nodeOf(first), ...endpoints.slice(1).map(nodeOf)], batchSize, clock })
  const reader = new BlockReader({ rpc, logs, detail: options.blocks as Detail, origin, clock })
  const pushing = endpoints.find(({ protocol }) => protocol === 'websocket')
  if (pushing !== undefined) requireViem('evm.url', 'a WebSocket')
  if (options.blocks === 'full') requireViem('evm.blocks', 'full')
  /** Asked beside others, the node that pushes may be of another chain. */
  const isTrusted = (chain: unknown): boolean => {
    const { origin } = pushing ?? first
    const other = rpc.otherChain(origin, chain)
    if (other !== undefined) rpc.note?.(`${other.message}: the heads that it pushes are not taken`)
    return other === undefined
  }
  const feed = pushing && new HeadFeed(pushing, endpoints.length > 1 ? isTrusted : undefined)
  /** By index: a head that was pushed, and not taken yet. */
  const pushed = new Map<string, EvmHeader>()
  /** By index: the hash of the head that it was last told. */
  const told = new Map<string, string>()
  /** By index: the pushed header that its last blocks were read by. */
  const tried = new Map<string, unknown>()

  const blockAt = async (tag: string, signal: AbortSignal): Promise<EvmHeader | undefined> =>
    readHeader(await rpc.call('eth_getBlockByNumber', [tag, false], signal), origin)

  const final = new FinalLevel({
    read: (signal) => blockAt('finalized', signal),
    clock,
    // One that is a second old is right, too, and a head that was pushed need not wait for it.
    keep: feed === undefined ? 0 : pollInterval,
  })

  const latest = async (signal: AbortSignal): Promise<EvmHeader> => {
    const header = await blockAt('latest', signal)
    if (header === undefined) throw new DatasourceError(`${origin} has no block yet`)
    return header
  }

  /** Heads that were pushed before the last look count, too. By index: how many it has seen. */
  const seen = new Map<string, number>()

  /** Waits for a head, but no longer than a poll interval. */
  const isPushed = async (heads: HeadFeed, index: string, signal: AbortSignal): Promise<boolean> => {
    const link = linkSignals(signal)
    try {
      const late = sleep(clock, pollInterval, link.signal).then(() => false)
      for (;;) {
        const next = heads.next(seen.get(index) ?? 0, link.signal).then(() => true)
        if (!(await Promise.race([next, late]))) return false
        seen.set(index, heads.count)
        const header = readHeader(heads.newest, origin)
        if (header === undefined || header.hash === told.get(index)) continue
        pushed.set(index, header)
        return true
      }
    } finally {
      link.abort(new Error('nobody waits for a head any more'))
      link.unlink()
    }
  }

  return {
    description: `evm ${origin}`,
    timeout: longestRequest(timeout, endpoints.length),
    selection: { logs: logs.description, blocks: options.blocks ?? null },

    async chain({ signal }) {
      const id = await rpc.call('eth_chainId', [], signal)
      if (typeof id !== 'string' || !/^0x[0-9a-f]+$/i.test(id)) {
        throw new DatasourceError(`${origin}: eth_chainId: answered with no number`)
      }
      return `evm:${BigInt(id)}`
    },

    async head({ index, signal, note }) {
      rpc.note = note
      const header = pushed.get(index) ?? (await latest(signal))
      pushed.delete(index)
      const { level, hash, parentHash, timestamp } = header
      told.set(index, hash)
      return { level, hash, parentHash, timestamp }
    },

    async blocks(from, to, { index, finalized, signal, note }) {
      rpc.note = note
      const lastFinal = Math.min(to, finalized)
      const final = from <= lastFinal ? await reader.final(from, lastFinal, signal) : []
      const firstRecent = Math.max(from, lastFinal + 1)
      if (firstRecent > to) return final
      // Each once: that it is asked for again means that it did not fit, as one of a branch that is gone.
      const newest = feed?.newest === tried.get(index) ? undefined : feed?.newest
      tried.set(index, feed?.newest)
      return [...final, ...(await reader.recent(firstRecent, to, signal, newest))]
    },

    refs(from, to, { signal, note }) {
      rpc.note = note
      return reader.refs(from, to, signal)
    },

    finalized: ({ signal }) => final.ask(signal),

    async changed({ index, signal, note }) {
      rpc.note = note
      for (;;) {
        if (feed === undefined) await sleep(clock, pollInterval, signal)
        else if (await isPushed(feed, index, signal)) return
        const { hash } = await latest(signal)
        if (hash === told.get(index)) continue
        if (feed?.miss(hash) === true) note?.(`${feed.origin} pushes no heads any more: it is asked to anew`)
        return
      }
    },

    bytesOf: (block) => bytesOfBlock(block),

    async close() {
      feed?.close()
      rpc.close()
    },
  }
}

function listOf(urls: string | readonly string[]): readonly string[] {
  return Array.isArray(urls) ? (urls as readonly string[]) : [urls as string]
}
