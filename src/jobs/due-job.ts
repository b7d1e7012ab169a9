import { freeSlots, type JobRecord } from './job-record.ts'
import type { Claim, Claimed } from './job-store.ts'

/** Fire times of a job that have come. */
export interface DueJob {
  readonly record: JobRecord
  readonly fireTimes: readonly Date[]
  readonly next: Date | undefined
  /** They came while the process was down, and are not to be caught up with. */
  readonly down: boolean
}

/** A job that came due twice meanwhile is claimed once. False: not together with what is there of it. */
export function joins(batch: Map<JobRecord, DueJob>, due: DueJob): boolean {
  const { record, fireTimes, down } = due
  const before = batch.get(record)
  if (before !== undefined && before.down !== down) return false
  batch.set(record, before === undefined ? due : { ...due, fireTimes: [...before.fireTimes, ...fireTimes] })
  return true
}

/** What is asked for it, as many firings as the job has room for beginning at once. */
export function claimOf({ record, fireTimes, next, down }: DueJob): Claim {
  const { rules } = record
  const until = fireTimes.at(-1) ?? new Date(0)
  const free = freeSlots(record)
  const runs = down
    ? []
    : rules.coalesce
      ? [{ fireTime: until, fireTimes: fireTimes.length, begun: free > 0 }]
      : fireTimes.map((fireTime, at) => ({ fireTime, fireTimes: 1, begun: at < free }))
  return { job: rules.name, until, next, runs }
}

/** Which of its fire times the answer makes this process's. */
export function grantedOf(
  { fireTimes, down }: DueJob,
  { until, runs, again = false }: Claim,
  { accounted, gone = false }: Claimed,
  granted: ReadonlySet<number>,
): readonly Date[] {
  if (gone || (!down && granted.size === 0)) return []
  // Accounted for by itself, the first time; of what was to be left out only that can be said.
  const own = again && (down ? accounted.getTime() === until.getTime() : accounted >= until)
  // A run each.
  if (runs.length === fireTimes.length) return fireTimes.filter((time) => granted.has(time.getTime()))
  return own ? fireTimes : fireTimes.filter((time) => time > accounted)
}
