import { assign, raise, sendParent, sendTo, setup, type ErrorActorEvent } from 'xstate'
import type { AdvanceOutcome } from '../src/indexing/catch-up.ts'
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

/** That work, where attempts are remembered that failed: it tells when the first level since is committed. */
export interface AdvanceWork extends IndexWork {
  readonly onProgress?: () => void
}

type Reorg = Extract<AdvanceOutcome, { type: 'reorg' }>

/** What the two regions tell each other. */
export type IndexSignal =
  /** Levels were committed. */
  | { readonly type: 'PROGRESSED' }
  /** There is nothing more to index now. */
  | { readonly type: 'AT_HEAD' }
  /** There may be: whether it is still at its head is not known. */
  | { readonly type: 'LOOKING' }
  | { readonly type: 'REORGED' }
  | { readonly type: 'ENDED' }

export interface IndexContext extends IndexWork {
  readonly attempt: number
  readonly error: unknown
  /** STOP came while a level was in flight: whatever comes of that, the index ends. */
  readonly stopping: boolean
}

/**
 * ms for which an index that was at its head counts as synchronized without having been seen there again: a hiccup of a node is
 * over by then, five attempts have been made, and a chain of 12 s a block has gone on by one or two.
 */
const PATIENCE = 15_000

/**
 * One index over one datasource: catches up, follows the head, stops at a reorg until it is undone.
 *
 * `work` is what it does. A level is only ever in flight inside `advance`, and every way out of it that is not a cut-off passes a
 * level boundary: when `reorged` is entered no handler runs, so the revert cannot overlap one.
 *
 * `phase` is what that comes to. It is synchronized from when it is at its head until it has not been seen there for a while,
 * for whatever reason: a node that is away, many levels at once, a handler that takes long.
 */
export const indexMachine = setup({
  types: {
    input: {} as IndexWork,
    context: {} as IndexContext,
    events: {} as IndexCommand | IndexSignal | ErrorActorEvent<unknown, 'work'>,
  },
  actors: {
    prepare: slot<IndexWork, void>('prepare'),
    advance: slot<AdvanceWork, AdvanceOutcome>('advance'),
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
    raise: raise((_, told: IndexSignal) => told),
    /** For those who ask where it stands. */
    noteSyncing: (_, _work: IndexWork) => {},
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
    patience: PATIENCE,
  },
}).createMachine({
  id: 'index',
  context: ({ input }) => ({ ...input, attempt: 0, error: undefined, stopping: false }),
  type: 'parallel',
  states: {
    work: {
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
            onDone: { target: 'indexing' },
          },
          on: { STOP: { target: 'stopped' } },
        },
        indexing: {
          invoke: {
            id: 'work',
            src: 'advance',
            input: ({ context, self }) => advanceWork(context, () => self.send({ type: 'PROGRESSED' })),
            onDone: [
              { guard: 'isStopping', target: 'stopped' },
              {
                guard: { type: 'isReorg', params: ({ event }) => event.output },
                target: 'reorged',
                actions: [
                  'forgetAttempts',
                  { type: 'tellReorg', params: ({ event }) => event.output as Reorg },
                ],
              },
              {
                guard: { type: 'isLastLevel', params: ({ event }) => event.output },
                target: 'finished',
                actions: 'forgetAttempts',
              },
              { target: 'waiting', actions: 'forgetAttempts' },
            ],
          },
          on: {
            PROGRESSED: { actions: 'forgetAttempts' },
            STOP: { actions: ['noteStopping', 'drain'] },
          },
        },
        waiting: {
          entry: { type: 'raise', params: { type: 'AT_HEAD' } },
          exit: { type: 'raise', params: { type: 'LOOKING' } },
          invoke: {
            id: 'work',
            src: 'waitForHead',
            input: ({ context }) => context,
            onDone: { target: 'indexing' },
          },
          on: { STOP: { target: 'stopped' } },
        },
        reorged: {
          entry: { type: 'raise', params: { type: 'REORGED' } },
          on: { ROLLED_BACK: { target: 'indexing' }, STOP: { target: 'stopped' } },
        },
        backingOff: {
          entry: 'tellRetrying',
          after: { backOff: { target: 'preparing' } },
          on: { STOP: { target: 'stopped' } },
        },
        finished: {
          entry: { type: 'raise', params: { type: 'AT_HEAD' } },
          on: { STOP: { target: 'stopped' } },
        },
        failed: { entry: ['tellFailed', { type: 'raise', params: { type: 'ENDED' } }], type: 'final' },
        // Not final: the parent, which may end on hearing it, would be sent the end of a child after its own.
        stopped: { entry: ['tellStopped', { type: 'raise', params: { type: 'ENDED' } }] },
      },
    },
    phase: {
      initial: 'syncing',
      on: { ENDED: { target: '.ended' } },
      states: {
        syncing: {
          entry: ['tellSyncing', { type: 'noteSyncing', params: ({ context }) => context }],
          on: { AT_HEAD: { target: 'synchronized' } },
        },
        synchronized: {
          entry: 'tellSynchronized',
          initial: 'certain',
          on: { REORGED: { target: 'syncing' } },
          states: {
            certain: { on: { LOOKING: { target: 'uncertain' } } },
            uncertain: {
              after: { patience: { target: '#index.phase.syncing' } },
              on: { AT_HEAD: { target: 'certain' } },
            },
          },
        },
        // Nothing is told of it any more.
        ended: { type: 'final' },
      },
    },
  },
})

function advanceWork({ runtime, index, attempt }: IndexContext, onProgress: () => void): AdvanceWork {
  return attempt === 0 ? { runtime, index } : { runtime, index, onProgress }
}
