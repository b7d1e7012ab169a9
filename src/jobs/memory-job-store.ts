import type {
  Claim,
  Claimed,
  JobChange,
  JobState,
  JobStore,
  JobTally,
  KnownJob,
  Pause,
  Run,
  StoreEvents,
} from './job-store.ts'
import { addTallies } from './record-batch.ts'

interface Row {
  hook: string
  schedule: string
  configured: string | undefined
  configuredPaused: boolean
  anchor: Date
  accounted: Date
  nextFireTime: Date | undefined
  tally: JobTally
  pausedAt: Date | undefined
  pauses: readonly Pause[]
  definition: JobState['definition']
  temporary: boolean
  /** It is temporary, and who added it has left. */
  leftBehind: boolean
  trigger: JobState['trigger']
  gone: 'retired' | 'removed' | undefined
}

/** Jobs and firings in memory, for one process that may forget them: tests, and to see what the scheduler itself costs. */
export function createMemoryJobStore(): JobStore {
  return new MemoryJobStore()
}

class MemoryJobStore implements JobStore {
  readonly #rows = new Map<string, Row>()
  /** By job, by fire time: only those that have not ended. */
  readonly #runs = new Map<string, Map<number, Run>>()
  #events: StoreEvents | undefined
  #since: Date | undefined

  async load(jobs: readonly KnownJob[], now: Date) {
    const names = new Set(jobs.map(({ name }) => name))
    for (const [name, row] of this.#rows) {
      if (row.leftBehind || (row.definition === undefined && !names.has(name))) row.gone ??= 'retired'
    }
    for (const { name, hook, schedule, paused = false } of jobs) {
      const row = this.#rows.get(name)
      const same = row !== undefined && row.configured === schedule && row.gone !== 'retired'
      if (row === undefined) this.#rows.set(name, newRow({ hook, schedule, paused }, now))
      else {
        const kept = same
          ? {}
          : {
              schedule,
              anchor: now,
              accounted: now,
              trigger: undefined,
              pauses: [],
              pausedAt: row.pausedAt && now,
            }
        const isNew = row.gone === 'retired'
        if (!same) row.gone = undefined
        Object.assign(
          row,
          { hook, configured: schedule, definition: undefined, temporary: false, leftBehind: false },
          kept,
        )
        if (isNew || row.configuredPaused !== paused) setPaused(row, paused, now)
        row.configuredPaused = paused
      }
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
      const { hook, schedule, definition, temporary } = change
      const paused = definition.paused ?? false
      const fresh = newRow({ hook, schedule, paused }, now)
      const { anchor, accounted, pauses, pausedAt } = row?.schedule === schedule ? row : fresh
      const tally = row?.tally ?? {}
      const added = {
        ...fresh,
        configured: undefined,
        tally,
        definition,
        temporary,
        anchor,
        accounted,
        pauses,
      }
      // One that replaces another of its name stays as that was paused by hand.
      const isPaused =
        row !== undefined && row.configuredPaused === paused ? row.pausedAt !== undefined : paused
      added.pausedAt = row?.schedule === schedule ? pausedAt : undefined
      setPaused(added, isPaused, now)
      this.#rows.set(name, added)
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
      while (this.#runsOf(name).has(at)) at++
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
    for (const row of this.#rows.values()) if (row.accounted > now) row.accounted = now
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

  async join(events: StoreEvents, now: Date): Promise<void> {
    this.#events = events
    this.#since = now
  }

  async firedSince(): Promise<Date | undefined> {
    return this.#since
  }

  async leave(): Promise<void> {
    if (this.#events === undefined) return
    this.#events = undefined
    this.#since = undefined
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

function newRow(
  { hook, schedule, paused }: { readonly hook: string; readonly schedule: string; readonly paused: boolean },
  now: Date,
): Row {
  return {
    hook,
    schedule,
    configured: schedule,
    configuredPaused: paused,
    anchor: now,
    accounted: now,
    nextFireTime: undefined,
    tally: NO_TALLY,
    pausedAt: paused ? now : undefined,
    pauses: [],
    definition: undefined,
    temporary: false,
    leftBehind: false,
    trigger: undefined,
    gone: undefined,
  }
}

/** What was due before it was paused stays due. */
function setPaused(row: Row, paused: boolean, now: Date): void {
  const { pausedAt } = row
  if (paused === (pausedAt !== undefined)) return
  row.pausedAt = paused ? now : undefined
  if (pausedAt === undefined || now <= pausedAt) return
  if (row.accounted >= pausedAt) row.accounted = row.accounted > now ? row.accounted : now
  row.pauses = [...row.pauses, { from: pausedAt, to: now }].filter(({ to }) => to > row.accounted)
}

const NO_TALLY: JobTally = {}

function stateOf(name: string, row: Row): JobState {
  const { tally } = row
  return {
    name,
    hook: row.hook,
    schedule: row.schedule,
    origin: row.definition === undefined ? 'config' : 'added',
    anchor: row.anchor,
    accounted: row.accounted,
    lastFireTime: tally.lastFireTime,
    nextFireTime: row.nextFireTime,
    fired: tally.fired ?? 0,
    coalesced: tally.coalesced ?? 0,
    missed: tally.missed ?? 0,
    skipped: tally.skipped ?? 0,
    failed: tally.failed ?? 0,
    retried: tally.retried ?? 0,
    lastError: tally.lastError,
    paused: row.pausedAt !== undefined,
    pauses: row.pauses,
    definition: row.definition,
    trigger: row.trigger,
  }
}
