import assert from 'node:assert/strict'
import type { BlockRef, Datasource } from '../../src/datasources/datasource.ts'

/** What a follower did: the blocks that stay, and how deep each reorg was. */
export interface Followed<Block> {
  readonly blocks: readonly Block[]
  readonly reorgs: readonly number[]
}

/**
 * The smallest follower there is, to see whether a datasource can be followed at all: it keeps every block, and takes
 * off the last one as long as the source has another block at its level. Ends when `head()` tells what it already has.
 */
export async function follow<Block extends BlockRef>(
  datasource: Datasource<Block>,
  options: { readonly index?: string; readonly blocks?: readonly Block[]; readonly steps?: number } = {},
): Promise<Followed<Block>> {
  const { index = 'follow', steps = Infinity } = options
  const { signal } = new AbortController()
  const kept: Block[] = [...(options.blocks ?? [])]
  const reorgs: number[] = []
  for (let step = 0; step < steps; step += 1) {
    const head = await datasource.head({ index, signal, cursor: kept.at(-1) })
    if (head.hash === kept.at(-1)?.hash) break
    const finalized = (await datasource.finalized?.({ index, signal })) ?? head.level - 64
    const call = { index, signal, finalized }
    let depth = 0
    for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
      const [there] = last.level > head.level ? [] : await datasource.blocks(last.level, last.level, call)
      if (there?.hash === last.hash) break
      kept.pop()
      depth += 1
    }
    if (depth > 0) reorgs.push(depth)
    const from = (kept.at(-1)?.level ?? -1) + 1
    for (const block of await datasource.blocks(from, head.level, call)) {
      assert.ok(
        kept.length === 0 || block.parentHash === kept.at(-1)?.hash,
        `level ${block.level} is not linked`,
      )
      kept.push(block)
    }
  }
  return { blocks: kept, reorgs }
}
