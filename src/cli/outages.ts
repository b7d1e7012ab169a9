import { DatasourceError } from '../errors.ts'
import type { PawlEvent } from '../events.ts'
import { plural } from '../text/format-number.ts'

interface Outage {
  readonly attempts: number
  readonly error: unknown
}

/** Knows which indexes are trying again, and says when one has got through: of that there is no event of its own. */
export class Outages {
  readonly #indexes = new Map<string, Outage>()

  /** @returns a sentence for each index whose attempts this event shows to be over */
  add(event: PawlEvent): string[] {
    switch (event.type) {
      case 'index.retrying':
        this.#indexes.set(event.index, { attempts: event.attempt, error: event.error })
        return []
      case 'index.failed':
        this.#indexes.delete(event.index)
        return []
      case 'index.progress':
      case 'index.rolledBack':
        return this.#over([event.index])
      case 'lifecycle':
        // One that was away for long, and then had nothing new to do, makes no progress; but all of them are at their heads now.
        return event.state === 'synchronized' ? this.#over([...this.#indexes.keys()]) : []
      default:
        return []
    }
  }

  #over(indexes: readonly string[]): string[] {
    return indexes.flatMap((index) => {
      const outage = this.#indexes.get(index)
      if (outage === undefined) return []
      this.#indexes.delete(index)
      const what = outage.error instanceof DatasourceError ? ': its datasource answers again' : ' goes on'
      return [`index ${index}${what} after ${plural(outage.attempts, 'failed attempt')}`]
    })
  }
}
