import type { BlockRef } from '../datasources/datasource.ts'

/** What was asked for. */
export interface BlockRange {
  readonly from: number
  readonly to: number
  /** Levels up to this one may be left out. */
  readonly finalized: number
}

/** What is wrong with a block ref; undefined: nothing. */
export function refFault(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null) return `${show(answer)} is no block`
  const { level, hash, parentHash, timestamp } = answer as Record<string, unknown>
  if (!isLevel(level)) return `its level is ${show(level)}, and no whole number from 0 on`
  if (typeof hash !== 'string' || hash === '') return `level ${level} has no hash: ${show(hash)}`
  if (typeof parentHash !== 'string') return `level ${level} has no parentHash: ${show(parentHash)}`
  if (!Number.isSafeInteger(timestamp)) {
    return `level ${level} has the timestamp ${show(timestamp)}, and no whole number of seconds`
  }
  return undefined
}

/**
 * What is wrong with an answer of blocks; undefined: nothing. It may end early, where the chain ends, but has no hole above
 * finality. `mayBeginLater`: nothing was indexed yet, so the chain may begin anywhere in the range.
 */
export function blocksFault(
  answer: unknown,
  range: BlockRange,
  options: { readonly mayBeginLater: boolean },
): string | undefined {
  if (!Array.isArray(answer)) return `${show(answer)} is no array of blocks`
  let last = options.mayBeginLater ? undefined : range.from - 1
  for (const block of answer as readonly unknown[]) {
    const fault = refFault(block)
    if (fault !== undefined) return fault
    const { level } = block as BlockRef
    if (level < range.from || level > range.to) return `level ${level} was not asked for`
    if (last !== undefined && level <= last) {
      return level === last ? `level ${level} comes twice` : `level ${level} comes after level ${last}`
    }
    const expected = last === undefined ? level : Math.max(last, range.finalized) + 1
    if (level > expected) return `level ${expected} is left out, though it is not final`
    last = level
  }
  return undefined
}

/** Where blocks of following levels do not follow each other; undefined: nowhere. */
export function linkFault(blocks: readonly BlockRef[]): string | undefined {
  for (const [at, block] of blocks.entries()) {
    const parent = blocks[at - 1]
    if (parent === undefined || parent.level !== block.level - 1) continue
    if (block.parentHash !== parent.hash) return describeBrokenLink(parent, block)
  }
  return undefined
}

export function describeBrokenLink(parent: BlockRef, block: BlockRef): string {
  return `the parent of level ${block.level} is ${block.parentHash}, but level ${parent.level} is ${parent.hash}`
}

function isLevel(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Short: an answer may be megabytes, or hold what JSON cannot. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return String(value)
}
