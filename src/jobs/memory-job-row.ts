import type { JobChange, JobState, JobTally, KnownJob, Pause } from './job-store.ts'

/** A job as it is kept in memory. */
export interface Row {
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

export function newRow({ hook, schedule, paused = false }: Omit<KnownJob, 'name'>, now: Date): Row {
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

/** Makes it what the config says. What was changed by hand holds for as long as that says the same. */
export function configureRow(row: Row, { hook, schedule, paused = false }: KnownJob, now: Date): void {
  const isNew = row.gone === 'retired'
  if (isNew || row.configured !== schedule) {
    const pausedAt = row.pausedAt && now
    row.gone = undefined
    Object.assign(row, { schedule, anchor: now, accounted: now, trigger: undefined, pauses: [], pausedAt })
  }
  Object.assign(row, {
    hook,
    configured: schedule,
    definition: undefined,
    temporary: false,
    leftBehind: false,
  })
  if (isNew || row.configuredPaused !== paused) setPaused(row, paused, now)
  row.configuredPaused = paused
}

/** One that was added: in the place of `before`, whose counts it goes on with, and, if that is not gone, whose anchor while its schedule stays. */
export function addedRow(
  before: Row | undefined,
  { hook, schedule, definition, temporary }: Extract<JobChange, { type: 'add' }>,
  now: Date,
): Row {
  const paused = definition.paused ?? false
  const fresh = newRow({ hook, schedule, paused }, now)
  const isLive = before !== undefined && before.gone === undefined
  const isKept = isLive && before.schedule === schedule
  const { anchor, accounted, pauses } = isKept ? before : fresh
  const pausedAt = isKept ? before.pausedAt : undefined
  const tally = before?.tally ?? NO_TALLY
  const added = {
    ...fresh,
    configured: undefined,
    tally,
    definition,
    temporary,
    anchor,
    accounted,
    pauses,
    pausedAt,
  }
  // It stays as the one before was paused by hand.
  const isPaused = isLive && before.configuredPaused === paused ? before.pausedAt !== undefined : paused
  setPaused(added, isPaused, now)
  return added
}

/** What was due before it was paused stays due. */
export function setPaused(row: Row, paused: boolean, now: Date): void {
  const { pausedAt } = row
  if (paused === (pausedAt !== undefined)) return
  row.pausedAt = paused ? now : undefined
  if (pausedAt === undefined || now <= pausedAt) return
  if (row.accounted >= pausedAt) row.accounted = row.accounted > now ? row.accounted : now
  row.pauses = [...row.pauses, { from: pausedAt, to: now }].filter(({ to }) => to > row.accounted)
}

/** Nothing of it is after `now`. */
export function rewindRow(row: Row, now: Date): void {
  const notAfter = (time: Date): Date => (time > now ? now : time)
  row.accounted = notAfter(row.accounted)
  row.anchor = notAfter(row.anchor)
  row.pausedAt = row.pausedAt && notAfter(row.pausedAt)
  row.pauses = row.pauses
    .map(({ from, to }) => ({ from, to: notAfter(to) }))
    .filter(({ from, to }) => from < to)
}

const NO_TALLY: JobTally = {}

export function stateOf(name: string, row: Row): JobState {
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
