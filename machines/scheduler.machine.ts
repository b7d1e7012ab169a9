import { assign, setup } from 'xstate'
import type { JobCommand } from '../src/jobs/job-command.ts'
import { slot } from './slot.ts'

/** What the scheduler is told. */
export type SchedulerCommand =
  /** Indexing goes on: told at each entry of syncing. The first time, jobs may fire. */
  | { readonly type: 'START' }
  /** Every index is at its head; releases jobs that were postponed until then. */
  | { readonly type: 'SYNCHRONIZED' }
  | JobCommand
  /** Fire no more; end when what runs has ended. */
  | { readonly type: 'DRAIN' }

interface Context {
  /** Whatever `src` needs; the machine only passes it on. */
  readonly runtime: unknown
  /** The jobs with their rows, once they are loaded. */
  readonly roster: unknown
  /** Every index was at its head when this was last heard of. */
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
    /** Other processes fire the jobs. */
    isElsewhere: () => false,
    /** Jobs wait for the first synchronized, which has not been yet. */
    isPostponed: () => false,
  },
  actions: {
    noteSyncing: assign({ synchronized: false }),
    noteSynchronized: assign({ synchronized: true }),
    noteRoster: assign({ roster: (_, { roster }: { readonly roster: unknown }) => roster }),
    startJobs: () => {},
    /** Some jobs fire in one phase only. */
    tellPhase: () => {},
    /** Changes the rows, and the jobs that run. */
    obey: (_, _params: { readonly command: JobCommand }) => {},
  },
}).createMachine({
  id: 'scheduler',
  context: ({ input }) => ({ runtime: input.runtime, roster: undefined, synchronized: false }),
  invoke: { id: 'jobs', src: 'jobs' },
  initial: 'waiting',
  on: {
    START: { actions: 'noteSyncing' },
    SYNCHRONIZED: { actions: 'noteSynchronized' },
    ADD_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
    REMOVE_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
    RESCHEDULE_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
    PAUSE_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
    RESUME_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
    RUN_JOB: { actions: { type: 'obey', params: ({ event }) => ({ command: event }) } },
  },
  states: {
    waiting: {
      on: {
        START: [
          { guard: 'isElsewhere' },
          { guard: 'isPostponed', target: 'postponed' },
          { target: 'loading', actions: 'noteSyncing' },
        ],
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
        START: { actions: ['noteSyncing', 'tellPhase'] },
        SYNCHRONIZED: { actions: ['noteSynchronized', 'tellPhase'] },
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
