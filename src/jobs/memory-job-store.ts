import type {
  Claim,
  Claimed,
  JobChange,
  JobState,
  JobStore,
  JobTally,
  KnownJob,
  Run,
  StoreEvents,
} from './job-store.ts'
import { addedRow, configureRow, newRow, rewindRow, setPaused, stateOf, type Row } from './memory-job-row.ts'
import { addTallies } from './record-batch.ts'

/** Jobs and firings in memory, for one process that may forget them: tests, and to see what the scheduler itself costs. */
export function createMemoryJobStore(): JobStore {
  return new MemoryJobStore()
}

class MemoryJobStore implements JobStore {
  readonly #rows = new Map<string, Row>()
  /** By job, by fire time: only those that have not ended. */
  readonly #runs = new Map<string, Map<number, Run>>()
  #events: StoreEvents | undefined

  async load(jobs: readonly KnownJob[], now: Date) {
    const names = new Set(jobs.map(({ name }) => name))
    for (const [name, row] of this.#rows) {
      if (row.leftBehind || (row.definition === undefined && !names.has(name))) row.gone = 'retired'
    }
    for (const job of jobs) {
      const row = this.#rows.get(job.name)
      if (row === undefined) this.#rows.set(job.name, newRow(job, now))
      else configureRow(row, job, now)
    }
    return new Map((await this.read()).map((state) => [state.name, state]))
  }

  async read(names?: readonly string[]): Promise<readonly JobState[]> {
    const wanted = names ?? [...this.#rows.keys()]
    return wanted.flatMap((name) => {
      const row = this.#live(name)
      return row === undefined ? [] : [stateOf(name, row)]
    })
  }

  async change(name: string, change: JobChange, now: Date): Promise<boolean> {
    const row = this.#live(name)
    if (change.type === 'add') {
      if (row !== undefined && row.definition === undefined) return false
      this.#rows.set(name, addedRow(this.#rows.get(name), change, now))
      return true
    }
    if (row === undefined) return false
    if (change.type === 'remove') row.gone = row.definition === undefined ? 'removed' : 'retired'
    else if (change.type === 'pause' || change.type === 'resume') setPaused(row, change.type === 'pause', now)
    else if (change.type === 'reschedule') {
      const { schedule, trigger } = change
      const pausedAt = row.pausedAt && now
      Object.assign(row, { schedule, trigger, anchor: now, accounted: now, pauses: [], pausedAt })
    } else {
      let at = now.getTime()
      while (this.#runsOf(name).has(at) || at === row.nextFireTime?.getTime()) at++
      const fireTime = new Date(at)
      this.#put({
        job: name,
        fireTime,
        fireTimes: 1,
        status: 'due',
        attempt: 1,
        byHand: true,
        released: true,
      })
    }
    return true
  }

  async plan(next: ReadonlyMap<string, Date | undefined>): Promise<void> {
    for (const [job, at] of next) {
      const row = this.#rows.get(job)
      if (row !== undefined) row.nextFireTime = at
    }
  }

  async claim(claims: readonly Claim[]): Promise<readonly Claimed[]> {
    return claims.map(({ job, until, next, runs, again = false }) => {
      const row = this.#live(job)
      if (row === undefined) return { accounted: until, fireTimes: [], gone: true }
      const { accounted } = row
      if (until > accounted) row.accounted = until
      row.nextFireTime = next
      const taken = runs.filter(
        ({ fireTime }) => fireTime > accounted && !this.#runs.get(job)?.has(fireTime.getTime()),
      )
      for (const { fireTime, fireTimes, begun } of taken) {
        if (begun) row.tally = addTallies(row.tally, { fired: 1, lastFireTime: fireTime })
        this.#put({ job, fireTime, fireTimes, status: begun ? 'running' : 'due', attempt: 1, byHand: false })
      }
      const before = again
        ? runs.filter((run) => !taken.includes(run) && this.#isWaiting(job, run.fireTime))
        : []
      return { accounted, fireTimes: [...before, ...taken].map(({ fireTime }) => fireTime) }
    })
  }

  async rewind(now: Date): Promise<void> {
    for (const row of this.#rows.values()) rewindRow(row, now)
  }

  async record(job: string, tally: JobTally, run?: Run): Promise<boolean> {
    const row = this.#rows.get(job)
    if (row !== undefined) row.tally = addTallies(row.tally, tally)
    if (run !== undefined) this.#put(run)
    return true
  }

  async takeOver(known: (job: string) => boolean): Promise<readonly Run[]> {
    const found: Run[] = []
    for (const [job, runs] of this.#runs) {
      if (this.#live(job) !== undefined && !known(job)) continue
      for (const run of runs.values()) {
        if (run.released !== true) continue
        runs.set(run.fireTime.getTime(), { ...run, released: false })
        found.push(run)
      }
    }
    return found
  }

  async join(events: StoreEvents, now: () => Date): Promise<Date> {
    this.#events = events
    return now()
  }

  async leave(): Promise<void> {
    if (this.#events === undefined) return
    this.#events = undefined
    for (const row of this.#rows.values()) row.leftBehind = row.temporary
    for (const runs of this.#runs.values()) {
      for (const [at, run] of runs) runs.set(at, { ...run, released: true })
    }
  }

  async settled(): Promise<void> {}

  async prune(): Promise<void> {
    for (const [job, runs] of this.#runs) if (runs.size === 0) this.#runs.delete(job)
  }

  #live(name: string): Row | undefined {
    const row = this.#rows.get(name)
    return row?.gone === undefined ? row : undefined
  }

  /** By the clock, and not for anybody. */
  #isWaiting(job: string, fireTime: Date): boolean {
    const run = this.#runs.get(job)?.get(fireTime.getTime())
    return run !== undefined && !run.byHand && run.released !== true
  }

  #runsOf(job: string): Map<number, Run> {
    const runs = this.#runs.get(job) ?? new Map<number, Run>()
    this.#runs.set(job, runs)
    return runs
  }

  /** One that has ended is forgotten: that its time is accounted for keeps it from being claimed again. */
  #put(run: Run): void {
    const at = run.fireTime.getTime()
    if (run.finishedAt === undefined) this.#runsOf(run.job).set(at, run)
    else this.#runs.get(run.job)?.delete(at)
  }
}
