import type { ActorRefFrom } from 'xstate'
import type { jobMachine, JobRules } from '../../machines/job.machine.ts'
import type { JobConfig } from '../config/config.ts'
import { parseInterval } from './interval.ts'
import type { JobState } from './job-store.ts'
import type { JobDefaults, JobTrigger, RetryOptions } from './job.ts'
import { withPauses, type Trigger } from './trigger.ts'

export type JobRef = ActorRefFrom<typeof jobMachine>

/** One job while it runs. There may be 100,000: nothing is kept here that can be found elsewhere. */
export interface JobRecord {
  /** Both are others where the job is replaced by one of its name. */
  rules: JobRules
  config: JobConfig
  /** As the store describes it. */
  schedule: string
  /** Since when this schedule is known; ms. */
  anchor: number
  /** Until when it was paused last, as far as its trigger minds that; ms. */
  pausedUntil: number
  trigger: Trigger
  /** Every fire time up to here was claimed, or is being; ms. */
  handed: number
  paused: boolean
  /** Its actor, where it has one. */
  ref: JobRef | undefined
  /** Fire times (ms) whose rows say that they wait: each is noted as begun before it runs. */
  waiting: Set<number> | undefined
  /** Fire times (ms) that their claim counted as fired, and of which nobody knows yet whether they are. */
  begun: readonly number[]
}

const NONE: readonly number[] = []

export function createRecord(
  config: JobConfig,
  trigger: Trigger,
  state: JobState,
  defaults: JobDefaults,
): JobRecord {
  return {
    rules: rulesOf(state.name, config, trigger, defaults),
    config,
    schedule: state.schedule,
    anchor: state.anchor.getTime(),
    pausedUntil: pausedUntil(state),
    trigger: withPauses(trigger.anchoredAt(state.anchor), state.pauses),
    handed: state.accounted.getTime(),
    paused: state.paused,
    ref: undefined,
    waiting: undefined,
    begun: NONE,
  }
}

/** The job is `next` from here on. What was claimed for it, runs or waits is its own still. */
export function replaceRecord(record: JobRecord, next: JobRecord): void {
  const { rules, config, schedule, anchor, pausedUntil, trigger, handed, paused } = next
  Object.assign(record, { rules, config, schedule, anchor, pausedUntil, trigger, handed, paused })
}

/** Its rules stay; when it fires is what the row says. False: it was so before. */
export function setSchedule(record: JobRecord, state: JobState, trigger: () => Trigger): boolean {
  const { schedule } = state
  const [anchor, until] = [state.anchor.getTime(), pausedUntil(state)]
  // The same schedule may count from another time: two processes that count an interval differently both fire it.
  if (record.schedule === schedule && record.anchor === anchor && record.pausedUntil === until) return false
  Object.assign(record, { schedule, anchor, pausedUntil: until, trigger: trigger() })
  return true
}

const pausedUntil = ({ pauses }: JobState): number => pauses.at(-1)?.to.getTime() ?? 0

/** Its row says that it waits: it is noted as begun before it runs. */
export function noteWaiting(record: JobRecord, { fireTime }: { readonly fireTime: Date | undefined }): void {
  if (fireTime !== undefined) (record.waiting ??= new Set()).add(fireTime.getTime())
}

/** Did its row say that it waits? Asked once. */
export function takeWaiting(
  { waiting }: JobRecord,
  { fireTime }: { readonly fireTime: Date | undefined },
): boolean {
  return fireTime !== undefined && waiting?.delete(fireTime.getTime()) === true
}

/** Its claim counted it as fired. */
export function noteBegun(record: JobRecord, { fireTime }: { readonly fireTime: Date }): void {
  record.begun = [...record.begun, fireTime.getTime()]
}

/** Did its claim count it as fired? Asked once. */
export function takeBegun(record: JobRecord, { fireTime }: { readonly fireTime: Date | undefined }): boolean {
  const at = fireTime?.getTime()
  if (at === undefined || !record.begun.includes(at)) return false
  record.begun = record.begun.length === 1 ? NONE : record.begun.filter((other) => other !== at)
  return true
}

/** How many firings would start at once. */
export function freeSlots({ rules, ref }: JobRecord): number {
  if (ref === undefined) return rules.maxInstances
  const { running, queue } = ref.getSnapshot().context
  return queue.length > 0 ? 0 : rules.maxInstances - running.length
}

/** A job with another trigger. */
export function withTrigger(config: JobConfig, trigger: JobTrigger | undefined): JobConfig {
  if (trigger === undefined) return config
  const {
    hook,
    args,
    maxInstances,
    coalesce,
    misfireGraceTime,
    catchUp,
    when,
    retry,
    onError,
    wait,
    paused,
  } = config as JobConfig & { readonly args?: unknown }
  const rest = {
    hook,
    args,
    maxInstances,
    coalesce,
    misfireGraceTime,
    catchUp,
    when,
    retry,
    onError,
    wait,
    paused,
  }
  return { ...rest, ...trigger } as unknown as JobConfig
}

const FIRST_DELAY = 1_000
const LONGEST_DELAY = 300_000

function rulesOf(name: string, config: JobConfig, trigger: Trigger, defaults: JobDefaults): JobRules {
  const grace = config.misfireGraceTime ?? defaults.misfireGraceTime
  return {
    name,
    daemon: trigger.kind === 'daemon',
    maxInstances: config.maxInstances ?? defaults.maxInstances ?? 1,
    coalesce: config.coalesce ?? defaults.coalesce ?? true,
    misfireGrace: grace === undefined ? undefined : grace * 1_000,
    attempts: config.retry?.attempts ?? 1,
    backOff: config.retry === undefined ? USUAL_BACK_OFF : backOffOf(config.retry),
  }
}

const USUAL_BACK_OFF = { first: FIRST_DELAY, factor: 2, longest: LONGEST_DELAY }

function backOffOf({ delay, factor = 2, maxDelay }: Omit<RetryOptions, 'attempts'>): JobRules['backOff'] {
  const first = delay === undefined ? FIRST_DELAY : parseInterval(delay)
  const longest = maxDelay === undefined ? LONGEST_DELAY : parseInterval(maxDelay)
  return { first, factor, longest: Math.max(first, longest) }
}
