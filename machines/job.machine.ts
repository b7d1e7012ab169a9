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
}

/** One run of the job's hook, which stands for `fireTimes` fire times: the last of them is `fireTime`. */
export interface JobFiring {
  readonly id: string
  /** Undefined: a daemon, which no time fires. */
  readonly fireTime: Date | undefined
  readonly fireTimes: number
}

export type JobEvent =
  /** These fire times have come, in order; none: a daemon's back-off is over. */
  | { readonly type: 'DUE'; readonly fireTimes: readonly Date[] }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  /** Fire no more; end when what runs has ended. A daemon is asked to end. */
  | { readonly type: 'RETIRE' }
  | DoneActorEvent<void, string>
  | ErrorActorEvent<unknown, string>

export interface JobInput {
  readonly rules: JobRules
  readonly paused: boolean
  /** The time in ms. */
  readonly now: () => number
}

interface Context extends JobInput {
  readonly running: readonly JobFiring[]
  /** Fire times that came together and are run one after the other, because they are not coalesced. */
  readonly queue: readonly JobFiring[]
  /** What the last decision came to. */
  readonly starting: readonly JobFiring[]
  readonly late: readonly Date[]
  readonly skipped: readonly Date[]
  readonly serial: number
  /** When the daemon started, how often it ended since it was last healthy, and its back-off; ms. */
  readonly startedAt: number
  readonly ends: number
  readonly backOff: number
}

/** Fire times of a job that wait for their turn; more mean that it never catches up. */
const LONGEST_QUEUE = 1_000

/** A daemon that ran this long was healthy: its back-off begins anew. */
const HEALTHY = 60_000
const SHORTEST_BACK_OFF = 1_000
const LONGEST_BACK_OFF = 300_000

/**
 * One job. Told when fire times have come, it decides which are run, run as one, missed or skipped; a daemon it keeps
 * running. It has no clock of its own: the scheduler has one for all.
 */
export const jobMachine = setup({
  types: {
    input: {} as JobInput,
    context: {} as Context,
    events: {} as JobEvent,
  },
  actors: {
    firing: slot<{ readonly job: string; readonly fireTime: Date | undefined }, void>('firing'),
  },
  guards: {
    isPaused: ({ context }) => context.paused,
    isDaemon: ({ context }) => context.rules.daemon,
    isDaemonEnding: ({ context }) => context.rules.daemon && context.running.length > 0,
    isSlotFree: ({ context }) => context.running.length < context.rules.maxInstances,
    isIdle: ({ context }) => context.running.length === 0,
  },
  actions: {
    queueFireTimes: assign(({ context }, { fireTimes }: FireTimes) => {
      const { late, inTime } = judge(context, fireTimes)
      const firings = context.rules.coalesce ? coalesce(inTime) : inTime.flatMap((time) => coalesce([time]))
      return { late, queue: [...context.queue, ...firings] }
    }),
    skipFireTimes: assign(({ context }, { fireTimes }: FireTimes) => {
      const { late, inTime } = judge(context, fireTimes)
      if (context.queue.length === 0) return { late, skipped: inTime }
      // Where some wait already, a later one cannot be told as skipped before them: it waits too, and the first give way.
      const queue = [...context.queue, ...inTime.flatMap((time) => coalesce([time]))]
      const tooMany = queue.splice(0, Math.max(queue.length - LONGEST_QUEUE, 0))
      return { late, queue, skipped: timesOf(tooMany) }
    }),
    takeFromQueue: assign(({ context }) => {
      // Those that waited may have become too late.
      const { late } = judge(context, timesOf(context.queue))
      const waiting = context.queue.slice(late.length)
      const starting = waiting
        .slice(0, context.rules.maxInstances - context.running.length)
        .map((firing, at) => ({ ...firing, id: `firing-${context.serial + at}` }))
      return {
        late,
        starting,
        queue: waiting.slice(starting.length),
        running: [...context.running, ...starting],
        serial: context.serial + starting.length,
      }
    }),
    takeDaemon: assign(({ context }) => {
      const starting = [{ id: `firing-${context.serial}`, fireTime: undefined, fireTimes: 0 }]
      return { starting, running: starting, serial: context.serial + 1, startedAt: context.now() }
    }),
    spawnFirings: enqueueActions(({ context, enqueue }) => {
      for (const { id, fireTime } of context.starting)
        enqueue.spawnChild('firing', { id, input: { job: context.rules.name, fireTime } })
    }),
    noteDaemonEnd: assign(({ context }) => {
      const ends = context.now() - context.startedAt >= HEALTHY ? 1 : context.ends + 1
      return { ends, backOff: Math.min(SHORTEST_BACK_OFF * 2 ** (ends - 1), LONGEST_BACK_OFF) }
    }),
    endDaemon: enqueueActions(({ context, enqueue }) => {
      if (!context.rules.daemon) return
      for (const { id } of context.running) enqueue.sendTo(id, { type: 'DRAIN' })
    }),
    // XState keeps ended children until they are stopped.
    forgetFiring: enqueueActions(({ context, enqueue }, { actorId }: { readonly actorId: string }) => {
      enqueue.stopChild(actorId)
      enqueue.assign({ running: context.running.filter(({ id }) => id !== actorId) })
    }),
    notePaused: assign({ paused: true }),
    noteResumed: assign({ paused: false, ends: 0 }),
    // What `src` does with a decision, which it finds in the context; an empty list means nothing.
    // Not `() => {}`: that breaks the inference of every enqueueActions beside it.
    /** All that came is accounted for, but what waits in the queue. */
    account: (_) => {},
    reportFired: (_) => {},
    reportMissed: (_) => {},
    reportSkipped: (_) => {},
    reportFinished: (_) => {},
    reportFailed: (_, _params: { readonly error: unknown }) => {},
    /** A daemon returned (no error) or threw; it wants DUE after `backOff` ms. */
    reportDaemonEnded: (_, _params: { readonly error: unknown }) => {},
  },
}).createMachine({
  id: 'job',
  context: ({ input }) => ({
    ...input,
    running: [],
    queue: [],
    starting: [],
    late: [],
    skipped: [],
    serial: 0,
    startedAt: 0,
    ends: 0,
    backOff: 0,
  }),
  initial: 'deciding',
  on: {
    RETIRE: { target: '.retiring' },
    'xstate.done.actor.*': {
      actions: [{ type: 'forgetFiring', params: ({ event }) => event }, 'reportFinished'],
    },
    'xstate.error.actor.*': [
      // A daemon that was asked to end may do so by throwing.
      { guard: 'isDaemon', actions: { type: 'forgetFiring', params: ({ event }) => event } },
      {
        actions: [
          { type: 'forgetFiring', params: ({ event }) => event },
          { type: 'reportFailed', params: ({ event }) => event },
        ],
      },
    ],
  },
  states: {
    deciding: {
      always: [
        { guard: 'isPaused', target: 'paused' },
        { guard: 'isDaemonEnding', target: 'ending' },
        { guard: 'isDaemon', target: 'daemon' },
        { target: 'scheduled' },
      ],
    },
    scheduled: {
      initial: 'due',
      on: {
        PAUSE: { target: 'paused' },
        'xstate.done.actor.*': {
          target: '.due',
          actions: [{ type: 'forgetFiring', params: ({ event }) => event }, 'reportFinished'],
        },
        'xstate.error.actor.*': {
          target: '.due',
          actions: [
            { type: 'forgetFiring', params: ({ event }) => event },
            { type: 'reportFailed', params: ({ event }) => event },
          ],
        },
      },
      states: {
        idle: {
          on: {
            DUE: {
              target: 'due',
              actions: [{ type: 'queueFireTimes', params: ({ event }) => event }, 'reportMissed'],
            },
          },
        },
        due: {
          entry: ['takeFromQueue', 'reportMissed', 'account', 'reportFired', 'spawnFirings'],
          always: [{ guard: 'isIdle', target: 'idle' }, { target: 'running' }],
        },
        running: {
          on: {
            DUE: [
              {
                guard: 'isSlotFree',
                target: 'due',
                actions: [{ type: 'queueFireTimes', params: ({ event }) => event }, 'reportMissed'],
              },
              {
                actions: [
                  { type: 'skipFireTimes', params: ({ event }) => event },
                  'reportMissed',
                  'account',
                  'reportSkipped',
                ],
              },
            ],
          },
        },
      },
    },
    daemon: {
      initial: 'running',
      on: { PAUSE: { target: 'paused' } },
      states: {
        running: {
          entry: ['takeDaemon', 'reportFired', 'spawnFirings'],
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
          on: { DUE: { target: 'running' } },
        },
      },
    },
    ending: {
      on: {
        PAUSE: { target: 'paused' },
        'xstate.done.actor.*': {
          target: 'deciding',
          actions: { type: 'forgetFiring', params: ({ event }) => event },
        },
        'xstate.error.actor.*': {
          target: 'deciding',
          actions: { type: 'forgetFiring', params: ({ event }) => event },
        },
      },
    },
    paused: {
      entry: ['notePaused', 'endDaemon'],
      exit: 'noteResumed',
      on: {
        RESUME: { target: 'deciding' },
      },
    },
    retiring: {
      entry: 'endDaemon',
      always: { guard: 'isIdle', target: 'retired' },
      on: {
        RETIRE: {},
      },
    },
    retired: { type: 'final' },
  },
})

interface FireTimes {
  readonly fireTimes: readonly Date[]
}

function judge({ rules, now }: Context, fireTimes: readonly Date[]): Record<'late' | 'inTime', Date[]> {
  const earliest = rules.misfireGrace === undefined ? -Infinity : now() - rules.misfireGrace
  return {
    late: fireTimes.filter((time) => time.getTime() < earliest),
    inTime: fireTimes.filter((time) => time.getTime() >= earliest),
  }
}

/** One firing for all of them, in the name of the last. Its id is given when it starts. */
function coalesce(fireTimes: readonly Date[]): JobFiring[] {
  const fireTime = fireTimes.at(-1)
  return fireTime === undefined ? [] : [{ id: '', fireTime, fireTimes: fireTimes.length }]
}

const timesOf = (firings: readonly JobFiring[]): Date[] => firings.flatMap(({ fireTime }) => fireTime ?? [])
