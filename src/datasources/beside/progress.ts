/** How far another indexer is. */
export interface Progress {
  /** The last level that it has done; undefined: none yet. */
  readonly level: number | undefined
  /**
   * The hashes of the last levels that it has done, where it knows them. With them nothing is done for a block that it has
   * not done; without, another block of the same level may pass for it during a reorg.
   */
  readonly hashes?: ReadonlyMap<number, string>
  /** False: it says that it still catches up. Left out: it is told by how far it is behind the chain. */
  readonly synchronized?: boolean | undefined
}

/** Tells how far another indexer is. */
export interface ProgressSource {
  /** For people: `Ponder in schema "app"`. Holds no secret. */
  readonly description: string
  /** @throws what the index then retries with back-off */
  read(): Promise<Progress>
  close?(): Promise<void>
}

/** An indexer of the same process that tells by itself how far it is. */
export interface ReportedProgress extends ProgressSource {
  /**
   * It has done this level, or – where it is lower than one before, or has another hash – rolled back to it. Call it when
   * what it wrote is committed.
   */
  report(done: { readonly level: number; readonly hash?: string; readonly synchronized?: boolean }): void
}

/** Hashes that are kept: deeper than any reorg that is not an accident. */
const KEPT = 256

/**
 * For an indexer of this very process: call `report` after each of its commits, and after its rollbacks.
 *
 * @example
 * const mine = reportedProgress('my indexer')
 * // after a commit: mine.report({ level, hash })
 */
export function reportedProgress(description: string): ReportedProgress {
  const hashes = new Map<number, string>()
  let level: number | undefined
  let synchronized: boolean | undefined
  return {
    description,
    report(done) {
      for (const known of hashes.keys()) {
        if (known >= done.level || known < done.level - KEPT) hashes.delete(known)
      }
      if (done.hash !== undefined) hashes.set(done.level, done.hash)
      level = done.level
      synchronized = done.synchronized ?? synchronized
    },
    read: () => Promise.resolve({ level, hashes: new Map(hashes), synchronized }),
  }
}
