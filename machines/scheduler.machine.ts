import { assign, setup } from 'xstate'
import { slot } from './slot.ts'

/** What the scheduler is told. */
export type SchedulerCommand =
  /** Indexing has begun: jobs may fire. Told at each entry of syncing; only the first counts. */
  | { readonly type: 'START' }
  /** Every index is at its head; releases jobs that were postponed until then. */
  | { readonly type: 'SYNCHRONIZED' }
  | { readonly type: 'PAUSE_JOB'; readonly job: string }
  | { readonly type: 'RESUME_JOB'; readonly job: string }
  /** Fire no more; end when what runs has ended. */
  | { readonly type: 'DRAIN' }

interface Context {
  /** Whatever `src` needs; the machine only passes it on. */
  readonly runtime: unknown
  /** The jobs with their rows, once they are loaded. */
  readonly roster: unknown
  readonly synchronized: boolean
}

/** Waits until jobs may fire, runs them, drains them. Each job is an actor of its own in the pool `jobs`. */
export const schedulerMachine = setup({
  types: {
    input: {} as { readonly runtime: unknown },
    context: {} as Context,
    events: {} as SchedulerCommand,
  },
  actors: {
    jobs: slot<undefined, void>('jobs'),
    load: slot<{ readonly runtime: unknown }, unknown>('load'),
    drain: slot<{ readonly roster: unknown }, void>('drain'),
  },
  guards: {
    /** Jobs wait for the first synchronized, which has not been yet. */
    isPostponed: () => false,
  },
  actions: {
    noteSynchronized: assign({ synchronized: true }),
    noteRoster: assign({ roster: (_, { roster }: { readonly roster: unknown }) => roster }),
    startJobs: () => {},
    pauseJob: (_, _params: { readonly job: string }) => {},
    resumeJob: (_, _params: { readonly job: string }) => {},
  },
}).createMachine({
  id: 'scheduler',
  context: ({ input }) => ({ runtime: input.runtime, roster: undefined, synchronized: false }),
  invoke: { id: 'jobs', src: 'jobs' },
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        START: [{ guard: 'isPostponed', target: 'postponed' }, { target: 'loading' }],
        SYNCHRONIZED: { actions: 'noteSynchronized' },
        DRAIN: { target: 'drained' },
      },
    },
    postponed: {
      on: {
        SYNCHRONIZED: { target: 'loading', actions: 'noteSynchronized' },
        DRAIN: { target: 'drained' },
      },
    },
    loading: {
      invoke: {
        src: 'load',
        input: ({ context }) => ({ runtime: context.runtime }),
        onDone: {
          target: 'running',
          actions: { type: 'noteRoster', params: ({ event }) => ({ roster: event.output }) },
        },
      },
      on: { DRAIN: { target: 'drained' } },
    },
    running: {
      entry: 'startJobs',
      on: {
        PAUSE_JOB: { actions: { type: 'pauseJob', params: ({ event }) => event } },
        RESUME_JOB: { actions: { type: 'resumeJob', params: ({ event }) => event } },
        DRAIN: { target: 'draining' },
      },
    },
    draining: {
      invoke: {
        src: 'drain',
        input: ({ context }) => ({ roster: context.roster }),
        onDone: { target: 'drained' },
      },
    },
    drained: { type: 'final' },
  },
})
