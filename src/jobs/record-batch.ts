import type { JobTally, Run, RunKey } from './job-store.ts'

/** What is to be written next: of each run the last word, of each job the sum. */
export class RecordBatch {
  readonly #runs = new Map<string, Run>()
  readonly #tallies = new Map<string, JobTally>()

  get runs(): readonly Run[] {
    return [...this.#runs.values()]
  }

  get tallies(): ReadonlyMap<string, JobTally> {
    return this.#tallies
  }

  get isEmpty(): boolean {
    return this.#runs.size === 0 && this.#tallies.size === 0
  }

  /** Written twice, it says no more than once: nothing is counted, and nothing given back that may have been taken since. */
  get isSameTwice(): boolean {
    return this.#tallies.size === 0 && this.runs.every(({ released }) => released !== true)
  }

  add(job: string, tally: JobTally, run?: Run): void {
    if (Object.keys(tally).length > 0) this.#tallies.set(job, addTallies(this.#tallies.get(job) ?? {}, tally))
    if (run !== undefined) this.#runs.set(keyOf(run), run)
  }

  /** Puts what came before this, and was not written, under it. */
  addBefore(older: RecordBatch): void {
    for (const [job, tally] of older.#tallies)
      this.#tallies.set(job, addTallies(tally, this.#tallies.get(job) ?? {}))
    for (const [key, run] of older.#runs) if (!this.#runs.has(key)) this.#runs.set(key, run)
  }
}

export const keyOf = ({ job, fireTime }: RunKey): string => `${job} ${fireTime.getTime()}`

const COUNTS = ['fired', 'coalesced', 'missed', 'skipped', 'failed', 'retried'] as const

/** Counts are summed; of the rest the later wins. */
export function addTallies(first: JobTally, second: JobTally): JobTally {
  const sum: Record<string, unknown> = { ...first, ...second }
  for (const count of COUNTS) {
    const total = (first[count] ?? 0) + (second[count] ?? 0)
    if (total === 0) delete sum[count]
    else sum[count] = total
  }
  return sum
}
