import { parseAbiItem, toEventSelector } from 'viem/utils'
import type { SimulatedChain } from '../../../src/testing/index.ts'
import type { Answer } from './proxy-node.ts'

export const heightEvent = parseAbiItem('event Height(uint256 level)')
export const LOG_ADDRESS = '0x0000000000000000000000000000000000000001'
const LOG_TOPIC = toEventSelector(heightEvent)

/** JSON-RPC answers from a simulated chain. A block with events has one log: `Height(its level)` of `LOG_ADDRESS`. */
export function answersOf(chain: SimulatedChain): Answer {
  const hex = (value: number) => `0x${value.toString(16)}`
  const raw = (level: number) => {
    const block = chain.block(level)
    return (
      block && {
        number: hex(block.level),
        hash: block.hash,
        parentHash: block.parentHash,
        timestamp: hex(block.timestamp),
        transactions: [],
      }
    )
  }
  const logOf = (level: number) => {
    const block = chain.block(level)
    if (block === undefined || block.events.length === 0) return []
    return [
      {
        address: LOG_ADDRESS,
        topics: [LOG_TOPIC],
        data: `0x${level.toString(16).padStart(64, '0')}`,
        blockNumber: hex(level),
        blockHash: block.hash,
        transactionHash: block.hash,
        transactionIndex: '0x0',
        logIndex: '0x0',
        removed: false,
      },
    ]
  }
  return ({ method, params }) => {
    const [first] = params as readonly [Record<string, string> & string]
    switch (method) {
      case 'eth_chainId':
        return '0x5'
      case 'eth_getBlockByNumber':
        if (first === 'latest') return raw(chain.head.level)
        if (first === 'finalized') return raw(chain.finalized) ?? null
        return raw(Number(first)) ?? null
      case 'eth_getBlockByHash':
        return raw(chain.canonical().find(({ hash }) => hash === first)?.level ?? -1) ?? null
      case 'eth_getLogs': {
        if (first['blockHash'] !== undefined) {
          const block = chain.canonical().find(({ hash }) => hash === first['blockHash'])
          if (block === undefined) throw new Error('unknown block')
          return logOf(block.level)
        }
        const [from, to] = [Number(first['fromBlock']), Number(first['toBlock'])]
        return Array.from({ length: to - from + 1 }, (_, offset) => logOf(from + offset)).flat()
      }
      default:
        throw Object.assign(new Error(`the method ${method} does not exist`), { code: -32_601 })
    }
  }
}
