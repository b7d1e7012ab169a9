import type { ChildProcess } from 'node:child_process'
import type { Datasource } from 'pawl'
import type { SimulatedBlock, SimulatedChain } from 'pawl/testing'

/** What goes from the process that indexes to the one that has the chain. */
interface Question {
  readonly chain: number
  readonly ask: 'head' | 'blocks' | 'finalized' | 'extend' | 'reorg'
  readonly args: readonly number[]
}

/**
 * Answers for a chain. It is in another process than Pawl, whose memory is measured: a simulated chain keeps every block.
 */
export function serveChain(child: ChildProcess, chain: SimulatedChain): void {
  child.on('message', (message: Partial<Question>) => {
    if (message.ask === undefined) return
    const [from = 0, to = 0] = message.args ?? []
    const answer = (): unknown => {
      switch (message.ask) {
        case 'blocks':
          return chain.canonical().slice(from, to + 1)
        case 'finalized':
          return chain.finalized
        case 'extend':
          chain.extend(from)
          return chain.head
        case 'reorg':
          chain.reorg(from, to)
          return chain.head
        default:
          return chain.head
      }
    }
    child.send({ chain: message.chain, answer: answer() })
  })
}

export interface RemoteChain {
  /** Nothing is under way, and the index waits for the next block. */
  readonly resting: boolean
  readonly datasource: Datasource<SimulatedBlock>
  /** Adds blocks, and resolves with the new head. */
  extend(count: number): Promise<SimulatedBlock>
  /** Takes `depth` blocks off and puts `length` in their place, and resolves with the new head. */
  reorg(depth: number, length: number): Promise<SimulatedBlock>
}

/** The chain of the parent process. */
export function remoteChain(onRest: () => void = () => {}): RemoteChain {
  const open = new Map<number, (answer: unknown) => void>()
  let asked = 0
  let version = 0
  const told = new Map<string, number>()
  let waiting: (() => void)[] = []
  process.on('message', (message: { readonly chain?: number; readonly answer?: unknown }) => {
    if (message.chain === undefined) return
    open.get(message.chain)?.(message.answer)
    open.delete(message.chain)
  })
  const ask = <Answer>(question: Question['ask'], ...args: number[]): Promise<Answer> => {
    asked += 1
    const chain = asked
    return new Promise((resolve) => {
      open.set(chain, resolve as (answer: unknown) => void)
      process.send?.({ chain, ask: question, args } satisfies Question)
    })
  }
  const change = async (question: 'extend' | 'reorg', ...args: number[]): Promise<SimulatedBlock> => {
    const head = await ask<SimulatedBlock>(question, ...args)
    version += 1
    for (const wake of waiting.splice(0)) wake()
    return head
  }
  return {
    get resting() {
      return open.size === 0 && waiting.length > 0
    },
    extend: (count) => change('extend', count),
    reorg: (depth, length) => change('reorg', depth, length),
    datasource: {
      description: 'a simulated chain in another process',
      head: ({ index }) => {
        told.set(index, version)
        return ask('head')
      },
      blocks: (from, to) => ask('blocks', from, to),
      finalized: () => ask('finalized'),
      changed: ({ index, signal }) => {
        if (told.get(index) !== version) return Promise.resolve()
        return new Promise((resolve, reject) => {
          const wake = (): void => {
            signal.removeEventListener('abort', abort)
            resolve()
          }
          const abort = (): void => {
            waiting = waiting.filter((other) => other !== wake)
            reject(signal.reason as Error)
          }
          signal.addEventListener('abort', abort, { once: true })
          waiting.push(wake)
          onRest()
        })
      },
    },
  }
}
