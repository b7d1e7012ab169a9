import { assign, sendParent, sendTo, setup, type ErrorActorEvent } from 'xstate'
import type { AdvanceOutcome } from '../src/indexing/follower.ts'
import { backOff } from './back-off.ts'
import { slot } from './slot.ts'

/** What the parent tells an index. */
export type IndexCommand =
  /** The reorg that this index reported is undone in the database. */
  | { readonly type: 'ROLLED_BACK' }
  /** Come to an end at the next level boundary. */
  | { readonly type: 'STOP' }

/** What an index tells its parent. */
export type IndexReport =
  | { readonly type: 'INDEX_SYNCING'; readonly index: string }
  | { readonly type: 'INDEX_SYNCHRONIZED'; readonly index: string }
  | {
      readonly type: 'INDEX_REORGED'
      readonly index: string
      readonly fromLevel: number
      readonly toLevel: number
    }
  | {
      readonly type: 'INDEX_RETRYING'
      readonly index: string
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  | { readonly type: 'INDEX_FAILED'; readonly index: string; readonly error: unknown }
  | { readonly type: 'INDEX_STOPPED'; readonly index: string }

/** The work of an index: whose it is is all that a machine needs to know. */
export interface IndexWork {
  readonly runtime: unknown
  readonly index: string
}

type Reorg = Extract<AdvanceOutcome, { type: 'reorg' }>

/**
 * One index over one datasource: catches up, follows the head, stops at a reorg until it is undone.
 *
 * A level is only ever in flight inside `advance`, and every way out of it that is not a cut-off passes a level
 * boundary: when `reorged` is entered no handler runs, so the revert cannot overlap one.
 */
export const indexMachine = setup({
  types: {
    input: {} as IndexWork,
    context: {} as IndexWork & {
      readonly attempt: number
      readonly error: unknown
      /** STOP came while a level was in flight: whatever comes of that, the index ends. */
      readonly stopping: boolean
    },
    events: {} as IndexCommand | ErrorActorEvent<unknown, 'work'>,
  },
  actors: {
    prepare: slot<IndexWork, void>('prepare'),
    advance: slot<IndexWork, AdvanceOutcome>('advance'),
    waitForHead: slot<IndexWork, void>('waitForHead'),
  },
  guards: {
    isReorg: (_, outcome: AdvanceOutcome) => outcome.type === 'reorg',
    isStopping: ({ context }) => context.stopping,
    isLastLevel: (_, outcome: AdvanceOutcome) => outcome.type === 'lastLevel',
    /** May the same call succeed later? Decided by `src`, which knows the errors. */
    mayPass: (_, _failure: { readonly error: unknown }): boolean => false,
    mayPassWhileStopping: (_, _failure: { readonly error: unknown }): boolean => false,
  },
  actions: {
    drain: sendTo('work', { type: 'DRAIN' }),
    noteStopping: assign({ stopping: true }),
    forgetAttempts: assign({ attempt: 0 }),
    rememberError: assign({
      attempt: ({ context }) => context.attempt + 1,
      error: (_, { error }: { readonly error: unknown }) => error,
    }),
    tellSyncing: sendParent(({ context }) => ({ type: 'INDEX_SYNCING', index: context.index })),
    tellSynchronized: sendParent(({ context }) => ({ type: 'INDEX_SYNCHRONIZED', index: context.index })),
    tellReorg: sendParent(({ context }, { fromLevel, toLevel }: Reorg) => ({
      type: 'INDEX_REORGED',
      index: context.index,
      fromLevel,
      toLevel,
    })),
    tellRetrying: sendParent(({ context }) => ({
      type: 'INDEX_RETRYING',
      index: context.index,
      attempt: context.attempt,
      delay: backOff(context.attempt),
      error: context.error,
    })),
    tellFailed: sendParent(({ context }) => ({
      type: 'INDEX_FAILED',
      index: context.index,
      error: context.error,
    })),
    tellStopped: sendParent(({ context }) => ({ type: 'INDEX_STOPPED', index: context.index })),
  },
  delays: {
    backOff: ({ context }) => backOff(context.attempt),
  },
}).createMachine({
  id: 'index',
  context: ({ input }) => ({ ...input, attempt: 0, error: undefined, stopping: false }),
  initial: 'preparing',
  on: {
    'xstate.error.actor.work': [
      {
        guard: { type: 'mayPassWhileStopping', params: ({ event }) => ({ error: event.error }) },
        target: '.stopped',
      },
      {
        guard: { type: 'mayPass', params: ({ event }) => ({ error: event.error }) },
        target: '.backingOff',
        actions: { type: 'rememberError', params: ({ event }) => ({ error: event.error }) },
      },
      {
        target: '.failed',
        actions: { type: 'rememberError', params: ({ event }) => ({ error: event.error }) },
      },
    ],
  },
  states: {
    preparing: {
      invoke: {
        id: 'work',
        src: 'prepare',
        input: ({ context }) => context,
        onDone: { target: 'syncing' },
      },
      on: { STOP: { target: 'stopped' } },
    },
    syncing: {
      entry: 'tellSyncing',
      invoke: {
        id: 'work',
        src: 'advance',
        input: ({ context }) => context,
        onDone: [
          { guard: 'isStopping', target: 'stopped' },
          {
            guard: { type: 'isReorg', params: ({ event }) => event.output },
            target: 'reorged',
            actions: { type: 'tellReorg', params: ({ event }) => event.output as Reorg },
          },
          { guard: { type: 'isLastLevel', params: ({ event }) => event.output }, target: 'finished' },
          { target: 'synchronized', actions: 'forgetAttempts' },
        ],
      },
      on: { STOP: { actions: ['noteStopping', 'drain'] } },
    },
    synchronized: {
      entry: 'tellSynchronized',
      initial: 'waiting',
      states: {
        waiting: {
          invoke: {
            id: 'work',
            src: 'waitForHead',
            input: ({ context }) => context,
            onDone: { target: 'following' },
          },
          on: { STOP: { target: '#index.stopped' } },
        },
        following: {
          invoke: {
            id: 'work',
            src: 'advance',
            input: ({ context }) => context,
            onDone: [
              { guard: 'isStopping', target: '#index.stopped' },
              {
                guard: { type: 'isReorg', params: ({ event }) => event.output },
                target: '#index.reorged',
                actions: { type: 'tellReorg', params: ({ event }) => event.output as Reorg },
              },
              {
                guard: { type: 'isLastLevel', params: ({ event }) => event.output },
                target: '#index.finished',
              },
              { target: 'waiting', actions: 'forgetAttempts' },
            ],
          },
          on: { STOP: { actions: ['noteStopping', 'drain'] } },
        },
      },
    },
    reorged: {
      on: { ROLLED_BACK: { target: 'syncing' }, STOP: { target: 'stopped' } },
    },
    backingOff: {
      entry: 'tellRetrying',
      after: { backOff: { target: 'preparing' } },
      on: { STOP: { target: 'stopped' } },
    },
    finished: {
      entry: 'tellSynchronized',
      on: { STOP: { target: 'stopped' } },
    },
    failed: { entry: 'tellFailed', type: 'final' },
    // Not final: the parent, which may end on hearing it, would be sent the end of a child after its own.
    stopped: { entry: 'tellStopped' },
  },
})
