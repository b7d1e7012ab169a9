import type { BlockRef } from '../datasources/datasource.ts'
import type { IndexPosition } from './index-position.ts'
import type { SourceReader } from './source-reader.ts'

export interface FinalityOptions {
  readonly source: SourceReader
  readonly position: IndexPosition
  /** Levels below the head, for a source that cannot tell. */
  readonly finality: number
}

/**
 * What is final, by the source; by its distance from the head, where it never told. That is a guess, and the journal of what counts as
 * final is gone: a source that told before, in this process or another one, is asked again until it does. A node that was started anew
 * knows nothing for a while, and behind a balancer one may know less than the others.
 */
export class Finality {
  readonly #options: FinalityOptions

  constructor(options: FinalityOptions) {
    this.#options = options
  }

  /** The highest level that no reorg can take off; may be below the first one. @throws DatasourceError */
  async ask(head: BlockRef, signal: AbortSignal): Promise<number> {
    const { source, position, finality } = this.#options
    const level = await source.finalized(signal)
    if (level !== undefined) {
      await position.rememberFinality()
      return level
    }
    if (position.tellsFinal) throw source.silentOnFinality()
    return head.level - finality
  }
}
