import { assign, enqueueActions, setup, type DoneActorEvent, type ErrorActorEvent } from 'xstate'
import { slot } from './slot.ts'

/** What the machine must know of a job to decide. */
export interface JobRules {
  readonly name: string
  readonly daemon: boolean
  readonly maxInstances: number
  readonly coalesce: boolean
  /** In ms; undefined: no fire time is too late. */
  readonly misfireGrace: number | undefined
  /** Runs of one firing at most. A daemon has no end of them. */
  readonly attempts: number
  /** The wait before another attempt, in ms: `first`, and `factor` times as long each time, up to `longest`. */
  readonly backOff: { readonly first: number; readonly factor: number; readonly longest: number }
}

/** One run of the job's hook, which stands for `fireTimes` fire times: the last of them is `fireTime`. */
export interface JobFiring {
  readonly id: string
  /** Undefined: a daemon, which no time fires. */
  readonly fireTime: Date | undefined
  readonly fireTimes: number
  /** 1 is the first. */
  readonly attempt: number
  /** Somebody asked for it: no rule of the schedule holds for it. */
  readonly byHand: boolean
  /** Why it is run again, and not before when (ms); undefined: this is its first attempt. */
  readonly failure: { readonly error: unknown; readonly retryAt: number } | undefined
  /** For its next attempt: until its back-off is over, then for the job's phase, or to be resumed. */
  readonly waits: 'for its back-off' | 'for its turn' | undefined
}

export type JobEvent =
  /** These fire times have come, in order; none: a daemon's back-off is over. */
  | { readonly type: 'DUE'; readonly fireTimes: readonly Date[] }
  /** Run it now. */
  | { readonly type: 'RUN'; readonly firing: JobFiring }
  /** Another process left this firing behind. */
  | { readonly type: 'ADOPT'; readonly firing: JobFiring }
  /** The back-off of this firing is over. */
  | { readonly type: 'RETRY'; readonly firing: string }
  /** Ask `inPhase` again. */
  | { readonly type: 'PHASE' }
  /** The job is another one of this name from now on. What runs of the one before counts as its own: no more run beside it than may. */
  | { readonly type: 'REPLACE'; readonly rules: JobRules; readonly paused: boolean; readonly job: unknown }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  /** Fire no more; end when what runs has ended. A daemon is asked to end. */
  | { readonly type: 'RETIRE' }
  | DoneActorEvent<FiringEnd, string>
  | ErrorActorEvent<unknown, string>

export interface JobInput {
  readonly rules: JobRules
  readonly paused: boolean
  /** Whatever `src` needs to know the job by; the machine only passes it on. */
  readonly job: unknown
  /** The time in ms. */
  readonly now: () => number
  /** Is this the phase that `job` fires in? */
  readonly inPhase: (job: unknown) => boolean
}

/** What becomes of firings. */
export interface JobDecision {
  readonly starting: readonly JobFiring[]
  /** Later than the grace. */
  readonly late: readonly JobFiring[]
  /** As many as may run do so already. */
  readonly skipped: readonly JobFiring[]
  readonly outOfPhase: readonly JobFiring[]
  /** For another process, or another start. */
  readonly released: readonly JobFiring[]
}

interface Context extends JobInput {
  readonly running: readonly JobFiring[]
  /** What waits for its turn: fire times that came together and are not coalesced, and what was left behind. */
  readonly queue: readonly JobFiring[]
  /** The last one. */
  readonly decision: JobDecision
  readonly serial: number
  /** When the daemon started, how often it ended since it was last healthy, and its back-off; ms. */
  readonly startedAt: number
  readonly ends: number
  readonly backOff: number
}

export interface FiringInput {
  readonly job: unknown
  readonly firing: JobFiring
}

/** `taken away`: it did not run, for another process has it. */
export type FiringEnd = 'ran' | 'taken away'

type Ended = { readonly actorId: string; readonly output: FiringEnd }
type Failed = { readonly actorId: string } & { readonly error: unknown }

/** Fire times of a job that wait for their turn; more mean that it never catches up. */
const LONGEST_QUEUE = 1_000

/** ms. A daemon that ran this long was healthy: its back-off begins anew. */
const HEALTHY = 60_000

/**
 * One job. Told when fire times have come, it decides which are run, run as one, run again, missed or skipped; a daemon it
 * keeps running. It has no clock of its own: the scheduler has one for all.
 */
export const jobMachine = setup({
  types: {
    input: {} as JobInput,
    context: {} as Context,
    events: {} as JobEvent,
  },
  actors: {
    firing: slot<FiringInput, FiringEnd>('firing'),
  },
  guards: {
    isPaused: ({ context }) => context.paused,
    isDaemon: ({ context }) => context.rules.daemon,
    /** Of the job as it is, or as it was. */
    isOfDaemon: ({ context }, { actorId }: Failed) =>
      context.running.some(({ id, fireTime }) => id === actorId && fireTime === undefined),
    isDaemonWaiting: ({ context }) => context.rules.daemon && isWaiting(context),
    isDaemonEnding: ({ context }) => context.rules.daemon && context.running.length > 0,
    isDaemonOutOfPhase: ({ context }) => context.rules.daemon && !context.inPhase(context.job),
    isInPhase: ({ context }) => context.inPhase(context.job),
    mayStart: ({ context }) =>
      freeSlots(context) > 0 && context.queue.some((firing) => mayRunNow(context, firing)),
    mayGoOn: ({ context }) => context.running.some((firing) => maySpawnAgain(context, firing)),
    isBusy: ({ context }) => context.running.length > 0 || context.queue.length > 0,
    hasEnded: ({ context }) => context.running.length === 0,
    isIdle: ({ context }) => context.running.length === 0 && context.queue.length === 0,
    isLast: ({ context }) => context.running.length === 1 && context.queue.length === 0,
    isWaiting: ({ context }) => isWaiting(context),
    /** `src` adds: not an error that comes again each time. */
    mayRetry: ({ context }, { actorId }: Failed) => hasAttemptsLeft(context, actorId),
  },
  actions: {
    decide: assign(({ context }, { fireTimes }: { readonly fireTimes: readonly Date[] }) =>
      decide(context, fireTimes),
    ),
    decideByHand: assign(({ context }, { firing }: OneFiring) =>
      context.rules.daemon || freeSlots(context) === 0
        ? { decision: { ...NOTHING, skipped: [firing] } }
        : start(context, [firing]),
    ),
    takeFromQueue: assign(({ context }) => take(context)),
    takeDaemon: assign(({ context }) => ({
      ...start(context, [{ ...FIRING, fireTimes: 0 }]),
      startedAt: context.now(),
    })),
    adopt: assign({ queue: ({ context }, { firing }: OneFiring) => [...context.queue, firing] }),
    /** What waits is not run any more, not here. */
    releaseWaiting: assign(({ context }) => ({
      decision: {
        ...NOTHING,
        released: [...context.running.filter(({ waits }) => waits !== undefined), ...context.queue],
      },
      running: context.running.filter(({ waits }) => waits === undefined),
      queue: [],
    })),
    spawnFirings: enqueueActions(({ context: { job, decision }, enqueue }) => {
      for (const firing of decision.starting)
        enqueue.spawnChild('firing', { id: firing.id, input: { job, firing } })
    }),
    // XState keeps ended children until they are stopped.
    forgetFiring: enqueueActions(({ context, enqueue }, { actorId }: { readonly actorId: string }) => {
      enqueue.stopChild(actorId)
      enqueue.assign({ running: context.running.filter(({ id }) => id !== actorId) })
    }),
    /** The firing keeps its place among those that run. */
    noteRetry: enqueueActions(({ context, enqueue }, { actorId, error }: Failed) => {
      enqueue.stopChild(actorId)
      const failed = context.running.find(({ id }) => id === actorId)
      if (failed === undefined) return
      const { attempt } = failed
      const backOff = nextBackOff(context, attempt)
      const failure = { error, retryAt: context.now() + backOff }
      const waiting = { ...failed, attempt: attempt + 1, failure, waits: 'for its back-off' as const }
      enqueue.assign({
        running: context.running.map((firing) => (firing === failed ? waiting : firing)),
        backOff,
      })
    }),
    noteBackOffOver: assign({
      running: ({ context }, { firing: id }: { readonly firing: string }) =>
        context.running.map((firing) =>
          firing.id === id && firing.waits !== undefined
            ? { ...firing, waits: 'for its turn' as const }
            : firing,
        ),
    }),
    spawnAgain: enqueueActions(({ context, enqueue }) => {
      const goOn = (firing: JobFiring): JobFiring =>
        maySpawnAgain(context, firing) ? { ...firing, waits: undefined } : firing
      for (const firing of context.running.filter((waiting) => maySpawnAgain(context, waiting)))
        enqueue.spawnChild('firing', { id: firing.id, input: { job: context.job, firing: goOn(firing) } })
      enqueue.assign({ running: context.running.map(goOn) })
    }),
    noteDaemonEnd: assign(({ context }) => {
      const ends = context.now() - context.startedAt >= HEALTHY ? 1 : context.ends + 1
      return { ends, backOff: nextBackOff(context, ends) }
    }),
    endDaemon: enqueueActions(({ context, enqueue }) => {
      if (!context.rules.daemon) return
      for (const { id } of context.running) enqueue.sendTo(id, { type: 'DRAIN' })
    }),
    replace: assign({
      rules: (_, { rules }: Replacement) => rules,
      paused: (_, { paused }: Replacement) => paused,
      job: (_, { job }: Replacement) => job,
      ends: 0,
    }),
    notePaused: assign({ paused: true }),
    noteResumed: assign({ paused: false, ends: 0 }),
    // What `src` tells and stores; not `() => {}`: that breaks the inference of every enqueueActions beside it.
    /** The decision. */
    report: (_) => {},
    reportFinished: (_, _params: Ended) => {},
    reportFailed: (_, _params: Failed) => {},
    /** What was asked for by hand is done: the daemon starts. */
    reportStarted: (_, _params: OneFiring) => {},
    reportRetry: (_, _params: Failed) => {},
    /** It wants RETRY after `backOff` ms. */
    awaitRetry: (_, _params: Failed) => {},
    /** A daemon returned (no error) or threw; it wants DUE after `backOff` ms. */
    reportDaemonEnded: (_, _params: { readonly error: unknown }) => {},
  },
}).createMachine({
  id: 'job',
  context: ({ input }) => ({
    ...input,
    running: [],
    queue: [],
    decision: NOTHING,
    serial: 0,
    startedAt: 0,
    ends: 0,
    backOff: 0,
  }),
  initial: 'deciding',
  on: {
    RETIRE: { target: '.retiring' },
    // A daemon is asked to end before another one begins.
    REPLACE: {
      target: '.deciding',
      actions: ['endDaemon', { type: 'replace', params: ({ event }) => event }],
    },
    ADOPT: { actions: { type: 'adopt', params: ({ event }) => event } },
    RETRY: { actions: { type: 'noteBackOffOver', params: ({ event }) => event } },
    RUN: { actions: [{ type: 'decideByHand', params: ({ event }) => event }, 'report', 'spawnFirings'] },
    'xstate.done.actor.*': {
      actions: [
        { type: 'reportFinished', params: ({ event }) => event },
        { type: 'forgetFiring', params: ({ event }) => event },
      ],
    },
    'xstate.error.actor.*': [
      // A daemon that was asked to end may do so by throwing.
      {
        guard: { type: 'isOfDaemon', params: ({ event }) => event },
        actions: { type: 'forgetFiring', params: ({ event }) => event },
      },
      {
        guard: { type: 'mayRetry', params: ({ event }) => event },
        actions: [
          { type: 'noteRetry', params: ({ event }) => event },
          { type: 'reportRetry', params: ({ event }) => event },
          { type: 'awaitRetry', params: ({ event }) => event },
        ],
      },
      {
        actions: [
          { type: 'reportFailed', params: ({ event }) => event },
          { type: 'forgetFiring', params: ({ event }) => event },
        ],
      },
    ],
  },
  states: {
    deciding: {
      always: [
        // It had a schedule before, of which these are.
        { guard: 'isDaemonWaiting', actions: ['releaseWaiting', 'report'] },
        { guard: 'isPaused', target: 'paused' },
        { guard: 'isDaemonOutOfPhase', target: 'held' },
        { guard: 'isDaemonEnding', target: 'ending' },
        { guard: 'isDaemon', target: 'daemon' },
        { target: 'scheduled' },
      ],
    },
    scheduled: {
      initial: 'idle',
      // Whatever made room, came to wait, or is the phase again: PHASE needs no transition.
      always: [
        { guard: 'mayGoOn', actions: 'spawnAgain' },
        { guard: 'mayStart', actions: ['takeFromQueue', 'report', 'spawnFirings'] },
      ],
      on: {
        DUE: { actions: [{ type: 'decide', params: ({ event }) => event }, 'report', 'spawnFirings'] },
        PAUSE: { target: 'paused' },
      },
      states: {
        // What nearly always follows is one step, not two: with thousands of firings a second the steps are what costs.
        idle: {
          always: { guard: 'isBusy', target: 'busy' },
          on: {
            DUE: {
              target: 'busy',
              actions: [{ type: 'decide', params: ({ event }) => event }, 'report', 'spawnFirings'],
            },
          },
        },
        busy: {
          always: { guard: 'isIdle', target: 'idle' },
          on: {
            'xstate.done.actor.*': {
              guard: 'isLast',
              target: 'idle',
              actions: [
                { type: 'reportFinished', params: ({ event }) => event },
                { type: 'forgetFiring', params: ({ event }) => event },
              ],
            },
          },
        },
      },
    },
    daemon: {
      initial: 'running',
      on: {
        PAUSE: { target: 'paused' },
        PHASE: { guard: 'isDaemonOutOfPhase', target: 'held' },
      },
      states: {
        running: {
          entry: ['takeDaemon', 'report', 'spawnFirings'],
          on: {
            'xstate.done.actor.*': {
              target: 'backingOff',
              actions: [
                { type: 'forgetFiring', params: ({ event }) => event },
                'noteDaemonEnd',
                { type: 'reportDaemonEnded', params: { error: undefined } },
              ],
            },
            'xstate.error.actor.*': {
              target: 'backingOff',
              actions: [
                { type: 'forgetFiring', params: ({ event }) => event },
                'noteDaemonEnd',
                { type: 'reportDaemonEnded', params: ({ event }) => event },
              ],
            },
          },
        },
        backingOff: {
          on: {
            DUE: { target: 'running' },
            RUN: { target: 'running', actions: { type: 'reportStarted', params: ({ event }) => event } },
          },
        },
      },
    },
    ending: {
      always: { guard: 'hasEnded', target: 'deciding' },
      on: {
        PAUSE: { target: 'paused' },
        PHASE: { guard: 'isDaemonOutOfPhase', target: 'held' },
      },
    },
    held: {
      entry: 'endDaemon',
      on: {
        PAUSE: { target: 'paused' },
        PHASE: { guard: 'isInPhase', target: 'deciding' },
      },
    },
    paused: {
      entry: ['notePaused', 'endDaemon'],
      exit: 'noteResumed',
      // What was asked for by hand.
      always: [
        { guard: 'mayGoOn', actions: 'spawnAgain' },
        { guard: 'mayStart', actions: ['takeFromQueue', 'report', 'spawnFirings'] },
      ],
      on: {
        RESUME: { target: 'deciding' },
      },
    },
    retiring: {
      entry: 'endDaemon',
      always: [
        { guard: 'isWaiting', actions: ['releaseWaiting', 'report'] },
        { guard: 'isIdle', target: 'retired' },
      ],
      on: {
        RETIRE: {},
        RUN: { actions: { type: 'adopt', params: ({ event }) => event } },
        'xstate.error.actor.*': {
          guard: { type: 'mayRetry', params: ({ event }) => event },
          actions: [
            { type: 'noteRetry', params: ({ event }) => event },
            { type: 'reportRetry', params: ({ event }) => event },
          ],
        },
      },
    },
    retired: { type: 'final' },
  },
})

interface OneFiring {
  readonly firing: JobFiring
}

type Replacement = Pick<JobInput, 'rules' | 'paused' | 'job'>

/** A firing about which nothing is known yet. */
export const FIRING: JobFiring = {
  id: '',
  fireTime: undefined,
  fireTimes: 1,
  attempt: 1,
  byHand: false,
  failure: undefined,
  waits: undefined,
}

const NONE: readonly JobFiring[] = []

const NOTHING: JobDecision = { starting: NONE, late: NONE, skipped: NONE, outOfPhase: NONE, released: NONE }

const freeSlots = ({ rules, running }: Context): number => rules.maxInstances - running.length

const isWaiting = ({ running, queue }: Context): boolean =>
  queue.length > 0 || running.some(({ waits }) => waits !== undefined)

/** What was asked for by hand waits for no phase, and for no resumption. */
const mayRunNow = ({ paused, inPhase, job }: Context, { byHand }: JobFiring): boolean =>
  byHand || (!paused && inPhase(job))

const maySpawnAgain = (context: Context, firing: JobFiring): boolean =>
  firing.waits === 'for its turn' && mayRunNow(context, firing)

/** A daemon is started again, not its firing. */
export const hasAttemptsLeft = (
  { rules, running }: Pick<Context, 'rules' | 'running'>,
  id: string,
): boolean => !rules.daemon && running.some((firing) => firing.id === id && firing.attempt < rules.attempts)

const nextBackOff = ({ rules: { backOff } }: Context, failures: number): number =>
  Math.min(backOff.first * backOff.factor ** (failures - 1), backOff.longest)

/** What becomes of fire times that have come. */
function decide(context: Context, fireTimes: readonly Date[]): Partial<Context> {
  const each = fireTimes.map((fireTime): JobFiring => ({ ...FIRING, fireTime }))
  if (!context.inPhase(context.job)) return { decision: { ...NOTHING, outOfPhase: each } }
  const { late, inTime } = judge(context, each)
  // Where some wait already, a later one cannot be told as skipped before them: it waits, too.
  if (freeSlots(context) <= 0 && context.queue.length === 0)
    return { decision: { ...NOTHING, late, skipped: inTime } }
  return take(context, merge(context, inTime), late)
}

/** Starts what waits, as far as there is room. What waited may have become too late. */
function take(context: Context, more: readonly JobFiring[] = NONE, lateAlso = NONE): Partial<Context> {
  const { late, inTime } = judge(context, [...context.queue, ...more])
  const ready = inTime.filter((firing) => mayRunNow(context, firing))
  const starting = new Set(ready.slice(0, Math.max(freeSlots(context), 0)))
  const left = inTime.filter((firing) => !starting.has(firing))
  // There are ever more of them: the first give way.
  const tooMany = Math.max(left.length - LONGEST_QUEUE, 0)
  return {
    ...start(context, [...starting], {
      late: [...late, ...lateAlso],
      skipped: left.slice(0, tooMany),
    }),
    queue: left.slice(tooMany),
  }
}

function start(
  { running, serial }: Context,
  firings: readonly JobFiring[],
  others: Partial<JobDecision> = {},
): Partial<Context> {
  const starting = firings.map((firing, at) => ({ ...firing, id: `firing-${serial + at}` }))
  return {
    running: [...running, ...starting],
    serial: serial + starting.length,
    decision: { ...NOTHING, ...others, starting },
  }
}

/** Neither what somebody asked for is ever too late, nor what has begun. */
function judge({ rules: { misfireGrace }, now }: Context, firings: readonly JobFiring[]) {
  if (misfireGrace === undefined) return { late: NONE, inTime: firings }
  const earliest = now() - misfireGrace
  const isLate = ({ fireTime, attempt, byHand }: JobFiring): boolean =>
    !byHand && attempt === 1 && fireTime !== undefined && fireTime.getTime() < earliest
  return { late: firings.filter(isLate), inTime: firings.filter((firing) => !isLate(firing)) }
}

/** Coalesced: one firing for all of them, in the name of the last. */
function merge({ rules }: Context, firings: readonly JobFiring[]): readonly JobFiring[] {
  const last = firings.at(-1)
  return !rules.coalesce || last === undefined ? firings : [{ ...last, fireTimes: firings.length }]
}
