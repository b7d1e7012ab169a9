import type { Hash, RpcLog } from 'viem'
import type { Clock } from '../../clock.ts'
import { DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'
import {
  readHeader,
  readTransactions,
  toQuantity,
  type BlockDetail,
  type EvmBlock,
  type EvmHeader,
} from './evm-block.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { LogFilters, LogOf, LogReader } from './log-filter.ts'
import { LogsBloom } from './logs-bloom.ts'
import { RangeEnds } from './range-ends.ts'
import { isRangeTooLarge } from './range-too-large.ts'
import { loadViem } from './viem.ts'
import { whyUnreadable } from './why-unreadable.ts'
import { withoutRepeats } from './without-repeats.ts'

type RawBlock = { readonly raw: unknown; readonly header: EvmHeader }
type DecodedLog = { readonly blockHash: Hash; readonly blockNumber: bigint; readonly logIndex: number }

export interface BlockReaderOptions<Logs extends LogFilters, Detail extends BlockDetail | undefined> {
  readonly rpc: JsonRpc
  readonly logs: LogReader<Logs>
  readonly detail: Detail
  readonly origin: string
  readonly clock: Clock
}

/** Reads ranges of blocks, each with the logs that belong to it: never the header of one branch with logs of another. */
export class BlockReader<Logs extends LogFilters, Detail extends BlockDetail | undefined> {
  readonly #rpc: JsonRpc
  readonly #logs: LogReader<Logs>
  readonly #detail: BlockDetail | undefined
  readonly #origin: string
  readonly #bloom: LogsBloom | undefined
  readonly #ends: RangeEnds

  constructor({ rpc, logs, detail, origin, clock }: BlockReaderOptions<Logs, Detail>) {
    this.#rpc = rpc
    this.#logs = logs
    this.#detail = detail
    this.#origin = origin
    this.#ends = new RangeEnds(clock)
    this.#bloom = logs.query && new LogsBloom(logs.query)
  }

  /**
   * Levels that no reorg can reach: one `eth_getLogs` for all of them, then only the headers of levels with logs – or of
   * all levels, where blocks are asked for.
   */
  async final(from: number, to: number, signal: AbortSignal): Promise<readonly EvmBlock<Logs, Detail>[]> {
    if (this.#detail !== undefined || this.#logs.query === undefined) {
      const [raw, logs] = await Promise.all([
        this.#finalBlocks(range(from, to), signal),
        this.#logsOfRange(from, to, signal),
      ])
      return this.#assemble(raw, logs)
    }
    const logs = await this.#logsOfRange(from, to, signal)
    const levels = [...new Set(logs.map(({ blockNumber }) => Number(blockNumber)))].toSorted((a, b) => a - b)
    return this.#assemble(await this.#finalBlocks(levels, signal), logs)
  }

  /**
   * Levels that may still change: every header, and the logs by the hash of their block.
   * @param pushed a header that the node told without being asked
   */
  async recent(
    from: number,
    to: number,
    signal: AbortSignal,
    pushed?: unknown,
  ): Promise<readonly EvmBlock<Logs, Detail>[]> {
    const known = this.#detail === 'full' ? undefined : readHeader(pushed, this.#origin)
    // Its logs are asked for by its hash: where it left the chain meanwhile, there are none.
    if (known !== undefined && from === to && known.level === from) {
      const block = await this.#withLogs([{ raw: pushed, header: known }], signal).catch((error: unknown) => {
        if (!(error instanceof DatasourceError)) throw error
      })
      if (block !== undefined) return block
    }
    const raw = await this.#rawBlocks(range(from, to), signal)
    this.#checkLinks(raw)
    return this.#withLogs(raw, signal)
  }

  /** The refs of levels that may still change. */
  async refs(from: number, to: number, signal: AbortSignal): Promise<readonly BlockRef[]> {
    const end = from === to ? this.#ends.take(to) : undefined
    if (end !== undefined) return [refOf(end)]
    const raw = await this.#rawBlocks(range(from, to), signal, false)
    this.#checkLinks(raw)
    return raw.map(({ header }) => refOf(header))
  }

  #checkLinks(blocks: readonly RawBlock[]): void {
    let parent: EvmHeader | undefined
    for (const { header } of blocks) {
      if (parent !== undefined && header.parentHash !== parent.hash) {
        throw this.#inconsistent(`level ${header.level} is not the child of level ${parent.level}`)
      }
      parent = header
    }
  }

  async #withLogs(raw: readonly RawBlock[], signal: AbortSignal): Promise<readonly EvmBlock<Logs, Detail>[]> {
    const { query } = this.#logs
    if (query === undefined) return this.#assemble(raw, [])
    const calls = raw.map(({ header: { hash } }) => ({
      method: 'eth_getLogs',
      params: [{ ...query, blockHash: hash }],
    }))
    const answers = await this.#rpc.batch(calls, signal)
    const logs = (await Promise.all(answers.map((answer) => this.#decode(answer)))).flat()
    const unsure = raw.filter(
      (block, at) => isEmpty(answers[at]) && this.#bloom?.excludes(block.raw) !== true,
    )
    return this.#assemble(raw, [...logs, ...(await this.#logsOfKnown(unsure, signal))])
  }

  /**
   * Some nodes (besu, reth, Moonbeam) answer with no logs for a block that they do not have, as one does behind a balancer whose other node told
   * of it: they have to have the block to be believed.
   */
  async #logsOfKnown(blocks: readonly RawBlock[], signal: AbortSignal): Promise<readonly LogOf<Logs>[]> {
    const calls = blocks.flatMap(({ header: { hash } }) => [
      { method: 'eth_getBlockByHash', params: [hash, false] },
      { method: 'eth_getLogs', params: [{ ...this.#logs.query, blockHash: hash }] },
    ])
    const answers = await this.#rpc.batch(calls, signal, 2)
    for (const [at, { header }] of blocks.entries()) {
      if (readHeader(answers[2 * at], this.#origin)?.hash === header.hash) continue
      throw this.#inconsistent(`it does not have level ${header.level}, which it told of`)
    }
    const logs = await Promise.all(blocks.map((_, at) => this.#decode(answers[2 * at + 1])))
    return logs.flat()
  }

  /** @throws DatasourceError where a log belongs to none of the blocks: the chain changed between two answers. */
  async #assemble(
    blocks: readonly RawBlock[],
    logs: readonly LogOf<Logs>[],
  ): Promise<readonly EvmBlock<Logs, Detail>[]> {
    const viem = this.#detail === 'full' ? await loadViem() : undefined
    const byHash = new Map<string, LogOf<Logs>[]>(blocks.map(({ header }) => [header.hash, []]))
    for (const log of logs) {
      const { blockHash, blockNumber } = log as DecodedLog
      const block = byHash.get(blockHash)
      if (block === undefined) throw this.#inconsistent(`a log of level ${blockNumber} is of another block`)
      block.push(log)
    }
    return blocks.map(({ raw, header }) => {
      const own = byHash.get(header.hash) ?? []
      own.sort((one, other) => (one as DecodedLog).logIndex - (other as DecodedLog).logIndex)
      const transactions =
        viem === undefined ? {} : { transactions: readTransactions(raw, header, viem, this.#origin) }
      return { ...header, logs: withoutRepeats(own, this.#origin), ...transactions } as unknown as EvmBlock<
        Logs,
        Detail
      >
    })
  }

  /** A node that has not the whole of what is final is behind the one that told of it. */
  async #finalBlocks(levels: readonly number[], signal: AbortSignal): Promise<readonly RawBlock[]> {
    const blocks = await this.#rawBlocks(levels, signal)
    const missing = levels[blocks.length]
    if (missing === undefined) return blocks
    throw new DatasourceError(`${this.#origin} has no level ${missing}, which is final`)
  }

  /** The blocks of these levels, up to the first that there is not. */
  async #rawBlocks(
    levels: readonly number[],
    signal: AbortSignal,
    withTransactions = this.#detail === 'full',
  ): Promise<readonly RawBlock[]> {
    const calls = levels.map((level) => ({
      method: 'eth_getBlockByNumber',
      params: [toQuantity(level), withTransactions],
    }))
    const blocks = []
    for (const [at, raw] of (await this.#rpc.batch(calls, signal)).entries()) {
      const header = readHeader(raw, this.#origin)
      if (header === undefined) break
      if (header.level !== levels[at]) {
        throw this.#inconsistent(`it answered with level ${header.level} for level ${levels[at]}`)
      }
      blocks.push({ raw, header })
    }
    return blocks
  }

  async #logsOfRange(from: number, to: number, signal: AbortSignal): Promise<readonly LogOf<Logs>[]> {
    const { query } = this.#logs
    if (query === undefined) return []
    try {
      const filter = { ...query, fromBlock: toQuantity(from), toBlock: toQuantity(to) }
      // By one node, as the logs: many answer with a part of them, or none, for levels that they have not reached.
      const [logs, last] = await this.#rpc.batch(
        [
          { method: 'eth_getLogs', params: [filter] },
          { method: 'eth_getBlockByNumber', params: [toQuantity(to), false] },
        ],
        signal,
        2,
      )
      const end = readHeader(last, this.#origin)
      if (end === undefined) throw new DatasourceError(`${this.#origin} has no level ${to}, which is final`)
      if (end.level !== to) throw this.#inconsistent(`it answered with level ${end.level} for level ${to}`)
      this.#ends.keep(end)
      return await this.#decode(logs)
    } catch (error) {
      if (from === to || !isRangeTooLarge(error)) throw error
      const middle = Math.floor((from + to) / 2)
      const lower = await this.#logsOfRange(from, middle, signal)
      return [...lower, ...(await this.#logsOfRange(middle + 1, to, signal))]
    }
  }

  async #decode(answer: unknown): Promise<readonly LogOf<Logs>[]> {
    if (!Array.isArray(answer)) {
      throw new DatasourceError(`${this.#origin}: eth_getLogs: answered with no list of logs`)
    }
    const read = await this.#logs.ready()
    return answer.flatMap((raw: RpcLog) => {
      const why = whyUnreadable(raw)
      if (why === undefined) return read(raw) ?? []
      throw new DatasourceError(
        `${this.#origin}: eth_getLogs: answered with a log that cannot be read: ${why}`,
      )
    })
  }

  #inconsistent(what: string): DatasourceError {
    return new DatasourceError(`${this.#origin} changed its chain while it answered: ${what}`)
  }
}

function refOf({ level, hash, parentHash, timestamp }: EvmHeader): BlockRef {
  return { level, hash, parentHash, timestamp }
}

const isEmpty = (answer: unknown): boolean => Array.isArray(answer) && answer.length === 0

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, offset) => from + offset)
}
