import { untilAborted } from '../datasources/abort.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import type { FaultScript } from './fault-script.ts'
import { refOf, type SimulatedBlock } from './simulated-block.ts'

/** What a datasource needs of the chain that it serves. */
export interface SimulatedNode {
  readonly name: string
  readonly seed: number | string
  readonly faults: FaultScript
  readonly firstLevel: number
  readonly head: SimulatedBlock
  readonly finalized: number
  /** Canonical, from the first level on, without a hole. */
  readonly blocks: readonly SimulatedBlock[]
  /** Goes up with every change that `head()` could tell of. */
  readonly version: number
  /** The next scripted head, used up. */
  takeAnnouncement(): BlockRef | undefined
  /** Resolves with the next change. */
  nextChange(): Promise<void>
}

export function simulatedDatasource(node: SimulatedNode): Datasource<SimulatedBlock> {
  /** By index: what `head()` last told of. */
  const told = new Map<string, number>()
  return {
    description: `simulated chain (seed ${node.seed})`,

    chain: ({ signal }) => node.faults.run('chain', signal, () => node.name),

    head: ({ index, signal }) =>
      node.faults.run('head', signal, () => {
        const announced = node.takeAnnouncement()
        // After a scripted head there is always more to tell: the next one, or the truth.
        if (announced === undefined) told.set(index, node.version)
        else told.delete(index)
        return refOf(announced ?? node.head)
      }),

    blocks: (from, to, { signal, finalized }) =>
      node.faults.run('blocks', signal, () =>
        node.blocks
          .slice(Math.max(0, from - node.firstLevel), Math.max(0, to - node.firstLevel + 1))
          .filter((block) => block.level > finalized || block.events.length > 0),
      ),

    finalized: ({ signal }) => node.faults.run('finalized', signal, () => node.finalized),

    changed: ({ index, signal }) =>
      node.faults.run('changed', signal, async () => {
        if (told.get(index) === node.version) await untilAborted(signal, node.nextChange())
      }),
  }
}
