import { systemClock, type Clock } from '../clock.ts'
import { ConfigurationError, DatasourceError, type ConfigurationIssue } from '../errors.ts'
import type { Datasource } from './datasource.ts'
import { BlockReader } from './evm/block-reader.ts'
import { parseEndpoint } from './evm/endpoint.ts'
import { readHeader, type BlockDetail, type EvmBlock, type EvmHeader } from './evm/evm-block.ts'
import { httpTransport } from './evm/http-transport.ts'
import { JsonRpc, RpcError } from './evm/json-rpc.ts'
import { LogReader, type LogFilters } from './evm/log-filter.ts'
import { sleep } from './evm/sleep.ts'
import { webSocketTransport } from './evm/websocket-transport.ts'

export type { BlockDetail, EvmBlock, EvmHeader, EvmTransaction } from './evm/evm-block.ts'
export type { EvmLog, LogFilter, LogFilters } from './evm/log-filter.ts'

export interface EvmOptions<
  Logs extends LogFilters = LogFilters,
  Detail extends BlockDetail | undefined = BlockDetail | undefined,
> {
  /** Of a node's JSON-RPC: http, https, ws or wss. Its path, query, name and password are never shown. */
  readonly url: string
  /** The logs that blocks come with. */
  readonly logs?: Logs
  /**
   * `header`: every block; `full`: every block with its transactions. Left out: at or below finality only blocks with
   * such logs (every block, where no logs are asked for).
   */
  readonly blocks?: Detail
  /** How often the node is asked for a new head, in ms. Default: 1000. */
  readonly pollInterval?: number
  /** The most calls in one JSON-RPC batch; 1 for a node that takes none. Default: 100. */
  readonly batchSize?: number
  /** How long one request may take, in ms. Default: 10 000. */
  readonly timeout?: number
  /** Sent with every http request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: the machine's. */
  readonly clock?: Clock
}

/**
 * An EVM chain by JSON-RPC.
 *
 * Logs come decoded, with the types of their events: a log whose data does not fit its event is left out. What is final is
 * asked by the `finalized` tag. Nothing is tried twice here, but a range of logs that is too large for the node, in halves.
 *
 * @throws ConfigurationError where the URL or a filter cannot be used.
 *
 * @example
 * const transfer = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
 * const datasource = evm({ url: 'http://localhost:8545', logs: [{ address: token, event: transfer }] })
 * // in the handler: for (const { args } of block.logs) args.from, args.value
 */
export function evm<
  const Logs extends LogFilters = readonly [],
  const Detail extends BlockDetail | undefined = undefined,
>(options: EvmOptions<Logs, Detail>): Datasource<EvmBlock<Logs, Detail>> {
  const { pollInterval = 1000, batchSize = 100, timeout = 10_000, clock = systemClock } = options
  checkNumbers({ pollInterval, batchSize, timeout })
  const endpoint = parseEndpoint(options.url, options.headers)
  const { origin } = endpoint
  const logs = new LogReader<Logs>(options.logs ?? ([] as unknown as Logs))
  const transport = endpoint.protocol === 'http' ? httpTransport(endpoint) : webSocketTransport(endpoint)
  const rpc = new JsonRpc({ endpoint, transport, batchSize, timeout, clock })
  const reader = new BlockReader(rpc, logs, options.blocks as Detail, origin)
  /** By index: the hash of the head that it was last told. */
  const told = new Map<string, string>()

  const blockAt = async (tag: string, signal: AbortSignal): Promise<EvmHeader | undefined> =>
    readHeader(await rpc.call('eth_getBlockByNumber', [tag, false], signal), origin)

  const latest = async (signal: AbortSignal): Promise<EvmHeader> => {
    const header = await blockAt('latest', signal)
    if (header === undefined) throw new DatasourceError(`${origin} has no block yet`)
    return header
  }

  return {
    description: `evm ${origin}`,

    async chain({ signal }) {
      const id = await rpc.call('eth_chainId', [], signal)
      if (typeof id !== 'string' || !/^0x[0-9a-f]+$/i.test(id)) {
        throw new DatasourceError(`${origin}: eth_chainId: answered with no number`)
      }
      return `evm:${BigInt(id)}`
    },

    async head({ index, signal }) {
      const { level, hash, parentHash, timestamp } = await latest(signal)
      told.set(index, hash)
      return { level, hash, parentHash, timestamp }
    },

    async blocks(from, to, { finalized, signal }) {
      const lastFinal = Math.min(to, finalized)
      const final = from <= lastFinal ? await reader.final(from, lastFinal, signal) : []
      const firstRecent = Math.max(from, lastFinal + 1)
      if (firstRecent > to) return final
      return [...final, ...(await reader.recent(firstRecent, to, signal))]
    },

    async finalized({ signal }) {
      try {
        return (await blockAt('finalized', signal))?.level
      } catch (error) {
        if (isTagUnknown(error)) return undefined
        throw error
      }
    },

    async changed({ index, signal }) {
      for (;;) {
        await sleep(clock, pollInterval, signal)
        if ((await latest(signal)).hash !== told.get(index)) return
      }
    },

    async close() {
      rpc.close()
    },
  }
}

/** The node's own refusal means that; but one because of a limit passes, and says nothing about the tag. */
function isTagUnknown(error: unknown): boolean {
  if (!(error instanceof DatasourceError && error.cause instanceof RpcError)) return false
  return !/limit|exceed|quota|too many|capacity|time(d )?out/i.test(error.cause.message)
}

function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  const issues: ConfigurationIssue[] = Object.entries(numbers)
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([name, value]) => ({ path: `evm.${name}`, message: `${value} is no whole number from 1 on` }))
  if (issues.length > 0) throw new ConfigurationError(issues)
}
