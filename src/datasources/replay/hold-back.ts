import type { BlockRef } from '../datasource.ts'

/** A depth for every side block, or the least and the most of depths that take turns. */
export type HoldBack = number | readonly [least: number, most: number]

/**
 * The arrivals in another order, for deeper reorgs: a side block of level N is told only after k canonical blocks from
 * level N on, so that a follower has to take k levels back for it. Which blocks are canonical is seen from the last
 * arrival of the highest level; nothing is added, left out or changed, and the canonical head stays last.
 */
export function holdBackSideBlocks<Block extends BlockRef>(
  arrivals: readonly Block[],
  holdBack: HoldBack,
): readonly Block[] {
  const canonical = canonicalHashes(arrivals)
  const depth = depthOf(holdBack)
  const waiting = new Map<number, Block[]>()
  for (const block of arrivals) {
    if (canonical.has(block.hash)) continue
    const after = block.level + depth(block.level) - 1
    waiting.set(after, [...(waiting.get(after) ?? []), block])
  }
  const ordered: Block[] = []
  for (const block of arrivals) {
    if (!canonical.has(block.hash)) continue
    ordered.push(block, ...(waiting.get(block.level) ?? []))
    waiting.delete(block.level)
  }
  // What would come after the end: before the last canonical block, or a side block would be the head for good.
  const head = ordered.pop()
  return head === undefined ? [] : [...ordered, ...[...waiting.values()].flat(), head]
}

/** At least 1, and whole: null where this is no depth. */
export function deepest(holdBack: HoldBack): number | null {
  const [least, most] = typeof holdBack === 'number' ? [holdBack, holdBack] : holdBack
  return Number.isInteger(least) && Number.isInteger(most) && least >= 1 && least <= most ? most : null
}

function depthOf(holdBack: HoldBack): (level: number) => number {
  if (typeof holdBack === 'number') return () => holdBack
  const [least, most] = holdBack
  return (level) => least + (level % (most - least + 1))
}

function canonicalHashes(arrivals: readonly BlockRef[]): ReadonlySet<string> {
  const byHash = new Map(arrivals.map((block) => [block.hash, block]))
  const canonical = new Set<string>()
  let block = arrivals.reduce<BlockRef | undefined>(
    (highest, next) => (highest === undefined || next.level >= highest.level ? next : highest),
    undefined,
  )
  while (block !== undefined && !canonical.has(block.hash)) {
    canonical.add(block.hash)
    block = byHash.get(block.parentHash)
  }
  return canonical
}
