import { systemClock, type Clock } from '../clock.ts'
import { checkOptions, CLOCK, FLAG, HEADERS, wholeFrom, type OptionRules } from '../config/check-options.ts'
import { DatasourceError } from '../errors.ts'
import { linkSignals } from '../link-signals.ts'
import type { BlockRef, Datasource } from './datasource.ts'
import { parseEndpoint } from './evm/endpoint.ts'
import { sleep } from './sleep.ts'
import { BlockList } from './tzkt/block-list.ts'
import { BlockReader } from './tzkt/block-reader.ts'
import { checkFilters } from './tzkt/check-filters.ts'
import { HeadChannel } from './tzkt/head-channel.ts'
import { readersOf } from './tzkt/readers-of.ts'
import { longestRequest, RestClient } from './tzkt/rest-client.ts'
import { hasSchemas, selectionOf } from './tzkt/selection-of.ts'
import { sizeOf } from './tzkt/size-of.ts'
import type { TzktBlock, TzktBlockDetail } from './tzkt/tzkt-block.ts'
import type {
  BigMapFilters,
  EventFilters,
  OperationFilters,
  TokenTransferFilters,
} from './tzkt/tzkt-filter.ts'

export type {
  TezosBigMapUpdate,
  TezosEvent,
  TezosOrigination,
  TezosTokenTransfer,
  TezosTransaction,
  TzktBlock,
  TzktBlockDetail,
} from './tzkt/tzkt-block.ts'
export type {
  BigMapFilter,
  EventFilter,
  OperationFilter,
  OriginationFilter,
  TokenTransferFilter,
  TransactionFilter,
} from './tzkt/tzkt-filter.ts'

/** Which TzKT is asked, and for what. */
export interface TzktOptions<
  Operations extends OperationFilters = OperationFilters,
  Events extends EventFilters = EventFilters,
  BigMaps extends BigMapFilters = BigMapFilters,
  Detail extends TzktBlockDetail | undefined = TzktBlockDetail | undefined,
> {
  /** Of the API, without `/v1`: `https://api.tzkt.io`. Its path, query, name and password are never shown. */
  readonly url: string
  /** Transactions and originations that blocks come with. */
  readonly operations?: Operations
  /** Contract events that blocks come with. */
  readonly events?: Events
  /** Changes of big maps that blocks come with. */
  readonly bigMaps?: BigMaps
  /** Transfers of tokens that blocks come with. */
  readonly tokenTransfers?: TokenTransferFilters
  /**
   * `header`: every block. A schema: every block, with what it puts out of TzKT's own block as `details`. Left out: at or
   * below finality only blocks with what was asked for (every block, where nothing was).
   */
  readonly blocks?: Detail
  /** Blocks that have to be on top of one until no reorg can take it off. Default: 2, as Tenderbake promises. */
  readonly finality?: number
  /** `false`: heads are polled, and not told of by TzKT's WebSocket. Default: true. */
  readonly webSocket?: boolean
  /** How often TzKT is asked for a new head while its WebSocket does not tell, in ms. Default: 2000. */
  readonly pollInterval?: number
  /** How long one request may take, in ms. Default: 10 000. */
  readonly timeout?: number
  /** Sent with every request: `{ apikey: … }` for TzKT Pro. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the machine's. */
  readonly clock?: Clock
}

const RULES: OptionRules<TzktOptions> = {
  // By `parseEndpoint`, which never quotes it.
  url: undefined,
  // By `checkFilters`.
  operations: undefined,
  events: undefined,
  bigMaps: undefined,
  tokenTransfers: undefined,
  blocks: undefined,
  finality: wholeFrom(0),
  webSocket: FLAG,
  pollInterval: wholeFrom(1),
  timeout: wholeFrom(1),
  headers: HEADERS,
  clock: CLOCK,
}

/** ms between looks at the head while the WebSocket tells: a server that lost touch with its indexer tells nothing. */
const CHECK_INTERVAL = 30_000

/**
 * A Tezos chain by TzKT's API: history by REST, heads and rollbacks by its WebSocket, by polling where that fails.
 *
 * Parameters, storages, payloads, keys and values come as TzKT's JSON, or as the schema of their filter puts them out; one
 * that does not fit stops the index, with level, operation and path.
 *
 * @throws ConfigurationError where the URL or a filter cannot be used.
 *
 * @example
 * const parameter = v.array(v.object({ from_: v.string(), txs: v.array(v.object({ to_: v.string(), amount: v.string() })) }))
 * const datasource = tzkt({
 *   url: 'https://api.tzkt.io',
 *   operations: [{ kind: 'transaction', target: token, entrypoint: 'transfer', parameter }],
 * })
 * // in the handler: for (const { sender, parameter } of block.operations) …
 */
export function tzkt<
  const Operations extends OperationFilters = readonly [],
  const Events extends EventFilters = readonly [],
  const BigMaps extends BigMapFilters = readonly [],
  const Detail extends TzktBlockDetail | undefined = undefined,
>(
  options: TzktOptions<Operations, Events, BigMaps, Detail>,
): Datasource<TzktBlock<Operations, Events, BigMaps, Detail>> {
  checkOptions('tzkt', options, RULES)
  const { pollInterval = 2_000, timeout = 10_000, finality = 2, clock = systemClock } = options
  checkFilters(options as unknown as Readonly<Record<string, unknown>>)
  const endpoint = parseEndpoint(options.url, options.headers, {
    path: 'tzkt.url',
    schemes: ['http', 'https'],
    expected: 'expected the URL of a TzKT API without /v1, such as https://api.tzkt.io',
  })
  const origin = endpoint.origin
  const rest = new RestClient({ endpoint, timeout, clock })
  const detailed = options.blocks !== undefined && options.blocks !== 'header'
  const list = new BlockList(rest, origin, detailed)
  const reader = new BlockReader(list, readersOf(options, rest, origin), options.blocks, origin)
  const channel = options.webSocket === false ? undefined : new HeadChannel(endpoint, clock)
  /** By index: the hash of the head that it was last told, and what the channel had told before it was asked. */
  const told = new Map<string, { readonly hash: string; readonly version: number }>()
  let highest: number | undefined

  const latest = async (signal: AbortSignal): Promise<BlockRef> => {
    const head = await list.head(signal)
    highest = Math.max(highest ?? head.level, head.level)
    return head
  }

  return {
    description: `tzkt ${origin}`,
    timeout: longestRequest(timeout),
    selection: selectionOf(options),
    ...(hasSchemas(options) && {
      uncacheable:
        'its schemas are functions, so it is not known whether they would make the same of a block',
    }),

    async chain({ signal }) {
      const { body } = await rest.get('/v1/head', {}, signal)
      const { chainId } = (body ?? {}) as { readonly chainId?: unknown }
      if (typeof chainId !== 'string') throw new DatasourceError(`${origin}: /v1/head: it tells no chainId`)
      return `tezos:${chainId}`
    },

    async head({ index, signal }) {
      const version = channel?.version ?? 0
      const head = await latest(signal)
      told.set(index, { hash: head.hash, version })
      return head
    },

    async blocks(from, to, { finalized, signal }) {
      const lastFinal = Math.min(to, finalized)
      const final = from <= lastFinal ? await reader.final(from, lastFinal, signal) : []
      const firstRecent = Math.max(from, lastFinal + 1)
      const recent = firstRecent <= to ? await reader.recent(firstRecent, to, signal) : []
      return [...final, ...recent] as unknown as readonly TzktBlock<Operations, Events, BigMaps, Detail>[]
    },

    async refs(from, to, { signal }) {
      return (await list.range(from, to, signal)).map(({ ref }) => ref)
    },

    async finalized({ signal }) {
      signal.throwIfAborted()
      return (highest ?? (await latest(signal)).level) - finality
    },

    async changed({ index, signal }) {
      for (;;) {
        signal.throwIfAborted()
        const last = told.get(index)
        if (channel !== undefined && last?.version !== channel.version && last?.hash !== channel.hash) return
        const link = linkSignals(signal)
        // What the channel told of, and REST does not have yet, comes without another word of it: one server of several is behind.
        const isBehind = channel?.hash !== undefined && channel.hash !== last?.hash
        const wait = channel?.live === true && !isBehind ? CHECK_INTERVAL : pollInterval
        const timer = sleep(clock, wait, link.signal).then(() => true)
        const news = channel?.change(link.signal).then(() => false) ?? timer
        const timeToLook = await Promise.race([timer, news]).finally(() => {
          link.unlink()
          link.abort(new Error('over'))
          Promise.allSettled([timer, news]).catch(() => {})
        })
        if (timeToLook && (await latest(signal)).hash !== last?.hash) return
      }
    },

    bytesOf: (block) => sizeOf(block),

    async close() {
      channel?.close()
    },
  }
}
