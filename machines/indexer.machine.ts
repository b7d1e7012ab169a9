import { assign, enqueueActions, sendParent, sendTo, setup, stopChild, type ErrorActorEvent } from 'xstate'
import type { LifecycleState, ReindexReason } from '../src/events.ts'
import type { ReindexCommand } from '../src/lifecycle-command.ts'
import { backOff } from './back-off.ts'
import { indexMachine, type IndexCommand, type IndexReport } from './index.machine.ts'
import { slot } from './slot.ts'

export type IndexerCommand =
  | { readonly type: 'STOP' }
  | ReindexCommand
  /** End the indexes, and begin again with `on_restart`. */
  | { readonly type: 'RESTART' }
  | RegistryReport

/** What is told of the indexes that there are. */
export type RegistryReport =
  /** Other processes follow indexes, too: whether all of them, and those of this one, are at their heads. */
  | { readonly type: 'FLEET'; readonly synchronized: boolean }
  /** Start it. */
  | { readonly type: 'INDEX_ADDED'; readonly index: string }
  /** End it. */
  | { readonly type: 'INDEX_REMOVED'; readonly index: string }

/** What the indexer tells its parent, beside what it passes on of its indexes. */
export type IndexerReport =
  | { readonly type: 'LIFECYCLE'; readonly state: LifecycleState }
  /** What belongs to the state failed, and is tried again. */
  | {
      readonly type: 'LIFECYCLE_RETRYING'
      readonly state: LifecycleState
      readonly attempt: number
      readonly delay: number
      readonly error: unknown
    }
  | Extract<IndexReport, { type: 'INDEX_RETRYING' | 'INDEX_FAILED' }>

/** What `prepare` found: whether the database has to be made first. */
export interface Prepared {
  readonly reindex: ReindexReason | undefined
}

/** `stop` outweighs `reindex`, and that `restart`. Each ends the indexes at a level boundary first. */
type Ending = 'stop' | 'reindex' | 'restart'

type Reorg = Extract<IndexReport, { type: 'INDEX_REORGED' }>
type IndexPhase = 'syncing' | 'synchronized' | 'failed'

export interface ReindexWork {
  readonly runtime: unknown
  readonly reason: ReindexReason
  /** Keys of firings count as new. */
  readonly redeliver: boolean
  /** How often it has failed since the state was entered. */
  readonly failures: number
}

export interface SystemHookWork {
  readonly runtime: unknown
  readonly hook: 'on_restart' | 'on_synchronized' | 'on_index_rollback'
  readonly args: readonly unknown[]
  /** How often it has failed since the state was entered. */
  readonly failures: number
}

interface Context {
  readonly runtime: unknown
  readonly reindex: ReindexReason | undefined
  /** The reindex that was asked for: keys of firings count as new. */
  readonly redeliver: boolean
  /** The indexes to follow. */
  readonly names: readonly string[]
  /** They were started, and not asked to end. */
  readonly indexesRun: boolean
  /** The phase of each index that runs. */
  readonly phases: Readonly<Record<string, IndexPhase>>
  /** Reorgs that wait to be undone, in the order they were found. Each of these indexes stands still. */
  readonly reorgs: readonly Reorg[]
  /** How often what belongs to the state has failed. */
  readonly attempt: number
  /** The indexes that other processes follow are at their heads. */
  readonly elsewhereSynchronized: boolean
  readonly ending: Ending | undefined
  readonly error: unknown
  /** Of the index that failed last. */
  readonly indexError: unknown
}

const noneRuns = ({ phases }: Context): boolean => Object.values(phases).every((phase) => phase === 'failed')

/**
 * The lifecycle: restart → reindex → syncing → synchronized, rollback, and the ways to end.
 *
 * The indexes are children that live through syncing, synchronized and rollback. A system hook is invoked by the state
 * that it belongs to, which is only left when it has settled: what arrives meanwhile is noted in the context and acted on then.
 * What fails of it and may pass is tried again in that state, as often as it takes; of the indexes, each does so by itself.
 */
export const indexerMachine = setup({
  types: {
    input: {} as { readonly runtime: unknown; readonly indexes: readonly string[] },
    context: {} as Context,
    events: {} as IndexerCommand | IndexReport | ErrorActorEvent<unknown, 'work'>,
    children: {} as { readonly [id: `index: ${string}`]: 'index' },
  },
  actors: {
    index: indexMachine,
    prepare: slot<{ readonly runtime: unknown }, Prepared>('prepare'),
    reindex: slot<ReindexWork, void>('reindex'),
    fireSystemHook: slot<SystemHookWork, void>('fireSystemHook'),
    fail: slot<{ readonly error: unknown }, never>('fail'),
  },
  guards: {
    ending: ({ context }) => context.ending !== undefined,
    needsReindex: (_, prepared: Prepared) => prepared.reindex !== undefined,
    reorgWaits: ({ context }) => context.reorgs.length > 0,
    everySynchronized: ({ context }) =>
      context.elsewhereSynchronized &&
      Object.values(context.phases).every((phase) => phase === 'synchronized'),
    someSyncing: ({ context }) =>
      !context.elsewhereSynchronized ||
      Object.values(context.phases).some((phase) => phase !== 'synchronized'),
    /** Nothing is left to do: there were indexes, and each of them failed. */
    everyFailed: ({ context }) => {
      const phases = Object.values(context.phases)
      return phases.length > 0 && phases.every((phase) => phase === 'failed')
    },
    noneRuns: ({ context }) => noneRuns(context),
    endsInFailure: ({ context }) => noneRuns(context) && context.error !== undefined,
    endsInReindex: ({ context }) => noneRuns(context) && context.ending === 'reindex',
    endsInRestart: ({ context }) => noneRuns(context) && context.ending === 'restart',
    /** Cannot what failed be rolled back, and does the policy wipe then? Decided by `src`, which knows both. */
    mustReindex: (_, _failure: { readonly error: unknown }): boolean => false,
    /** May the same succeed later, and does nobody want an end? What may pass is decided by `src`, which knows the errors. */
    triesAgain: (_, _failure: { readonly error: unknown }): boolean => false,
    mayPassWhileEnding: (_, _failure: { readonly error: unknown }): boolean => false,
    indexesRun: ({ context }) => context.indexesRun,
    isRemoved: ({ context }, index: string) => !context.names.includes(index),
  },
  actions: {
    tell: sendParent((_, { state }: { readonly state: LifecycleState }) => ({ type: 'LIFECYCLE', state })),
    pass: sendParent((_, report: IndexReport) => report),
    notePrepared: assign((_, { reindex }: Prepared) => ({ reindex })),
    noteReindexed: assign({ reindex: undefined, redeliver: false }),
    noteAsked: assign({ reindex: ({ context }) => context.reindex ?? 'manual', ending: undefined }),
    noteRollbackFailed: assign({ reindex: 'rollback' as const }),
    noteRestarting: assign({ ending: undefined }),
    // One that is added again before the indexes start replaces what it was.
    noteAdded: assign({
      names: ({ context }, index: string) => [...context.names.filter((name) => name !== index), index],
    }),
    noteRemoved: assign({
      names: ({ context }, index: string) => context.names.filter((name) => name !== index),
    }),
    noteError: assign({ error: (_, { error }: { readonly error: unknown }) => error }),
    noteIndexError: assign({ indexError: (_, { error }: { readonly error: unknown }) => error }),
    /** With nothing left to follow, the last index's error is the indexer's. */
    noteEveryFailed: assign({ error: ({ context }) => context.indexError }),
    notePhase: assign({
      phases: ({ context }, { index, phase }: { readonly index: string; readonly phase: IndexPhase }) => ({
        ...context.phases,
        [index]: phase,
      }),
    }),
    noteStopped: assign({
      phases: ({ context }, index: string) =>
        Object.fromEntries(Object.entries(context.phases).filter(([name]) => name !== index)),
    }),
    noteReorg: assign(({ context }, reorg: Reorg) => ({
      reorgs: [...context.reorgs, reorg],
      phases: { ...context.phases, [reorg.index]: 'syncing' as const },
    })),
    noteEnding: assign({
      ending: ({ context }, ending: Ending) =>
        context.ending === 'stop' || (context.ending === 'reindex' && ending === 'restart')
          ? context.ending
          : ending,
    }),
    noteRedeliver: assign({
      redeliver: ({ context }, { redeliver }: ReindexCommand) => context.redeliver || redeliver === true,
    }),
    noteFleet: assign({
      elsewhereSynchronized: (_, { synchronized }: { readonly synchronized: boolean }) => synchronized,
    }),
    noteAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    forgetAttempts: assign({ attempt: 0 }),
    tellRetrying: sendParent(
      (
        { context: { attempt } },
        { state, error }: { readonly state: LifecycleState; readonly error: unknown },
      ): IndexerReport => ({ type: 'LIFECYCLE_RETRYING', state, attempt, delay: backOff(attempt), error }),
    ),
    tellRollbackRetrying: enqueueActions(({ context, enqueue }, { error }: { readonly error: unknown }) => {
      const { reorgs, attempt } = context
      for (const { index } of reorgs.slice(0, 1)) {
        const report: IndexReport = { type: 'INDEX_RETRYING', index, attempt, delay: backOff(attempt), error }
        enqueue.sendParent(report)
      }
    }),
    forgetReorgs: assign({ reorgs: [] }),
    releaseIndex: enqueueActions(({ context, enqueue }) => {
      const [undone, ...waiting] = context.reorgs
      if (undone === undefined) return
      const command: IndexCommand = { type: context.names.includes(undone.index) ? 'ROLLED_BACK' : 'STOP' }
      enqueue.sendTo(`index: ${undone.index}`, command)
      enqueue.assign({ reorgs: waiting })
    }),
    startIndex: enqueueActions(({ context, enqueue }, index: string) => {
      enqueue.spawnChild('index', {
        id: `index: ${index}` as const,
        input: { runtime: context.runtime, index },
      })
      enqueue.assign({ phases: { ...context.phases, [index]: 'syncing' } })
    }),
    // One whose reorg waits is rolled back first: nothing of the orphans may stay.
    stopIndex: enqueueActions(({ context, enqueue }, index: string) => {
      const phase = context.phases[index]
      const reorged = context.reorgs.some((reorg) => reorg.index === index)
      if (phase === undefined || phase === 'failed') enqueue.raise({ type: 'INDEX_STOPPED', index })
      else if (!reorged) enqueue.sendTo(`index: ${index}`, { type: 'STOP' } satisfies IndexCommand)
    }),
    freeIndex: stopChild((_, index: string) => `index: ${index}`),
    /** Other processes may want to know whether it is at its head. */
    tellFleet: (
      _,
      _params: { readonly runtime: unknown; readonly index: string; readonly synchronized: boolean },
    ) => {},
    /** It was removed, and has ended. */
    forgetIndex: (_, _params: { readonly runtime: unknown; readonly index: string }) => {},
    startIndexes: enqueueActions(({ context, enqueue }) => {
      const phases: Record<string, IndexPhase> = {}
      for (const index of context.names) {
        enqueue.spawnChild('index', {
          id: `index: ${index}` as const,
          input: { runtime: context.runtime, index },
        })
        phases[index] = 'syncing'
      }
      enqueue.assign({ phases, reorgs: [], indexesRun: true })
    }),
    stopIndexes: enqueueActions(({ context, enqueue }) => {
      for (const [index, phase] of Object.entries(context.phases)) {
        if (phase !== 'failed') {
          enqueue.sendTo(`index: ${index}`, { type: 'STOP' } satisfies IndexCommand)
        }
      }
      enqueue.assign({ indexesRun: false })
    }),
    // A finished child stays in `snapshot.children` until it is stopped, and its id cannot be used again.
    removeIndexes: enqueueActions(({ context, enqueue }) => {
      for (const index of context.names) enqueue.stopChild(`index: ${index}`)
    }),
    drain: sendTo('work', { type: 'DRAIN' }),
  },
  delays: {
    backOff: ({ context }) => backOff(context.attempt),
  },
}).createMachine({
  id: 'indexer',
  context: ({ input }) => ({
    runtime: input.runtime,
    reindex: undefined,
    redeliver: false,
    names: input.indexes,
    indexesRun: false,
    phases: {},
    reorgs: [],
    attempt: 0,
    elsewhereSynchronized: true,
    ending: undefined,
    error: undefined,
    indexError: undefined,
  }),
  initial: 'restart',
  on: {
    'xstate.error.actor.work': [
      // The next start, or the one that was asked for, does it.
      {
        guard: { type: 'mayPassWhileEnding', params: ({ event }) => ({ error: event.error }) },
        target: '.ending',
      },
      {
        target: '.ending',
        actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
      },
    ],
    STOP: { actions: { type: 'noteEnding', params: 'stop' } },
    REINDEX: {
      actions: [
        { type: 'noteEnding', params: 'reindex' },
        { type: 'noteRedeliver', params: ({ event }) => event },
      ],
    },
    RESTART: { actions: { type: 'noteEnding', params: 'restart' } },
    INDEX_SYNCING: {
      actions: [
        { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'syncing' }) },
        {
          type: 'tellFleet',
          params: ({ context, event }) => ({
            runtime: context.runtime,
            index: event.index,
            synchronized: false,
          }),
        },
      ],
    },
    INDEX_SYNCHRONIZED: {
      actions: [
        { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'synchronized' }) },
        {
          type: 'tellFleet',
          params: ({ context, event }) => ({
            runtime: context.runtime,
            index: event.index,
            synchronized: true,
          }),
        },
      ],
    },
    INDEX_REORGED: {
      actions: [
        { type: 'noteReorg', params: ({ event }) => event },
        {
          type: 'tellFleet',
          params: ({ context, event }) => ({
            runtime: context.runtime,
            index: event.index,
            synchronized: false,
          }),
        },
      ],
    },
    INDEX_RETRYING: { actions: { type: 'pass', params: ({ event }) => event } },
    INDEX_FAILED: [
      {
        guard: { type: 'mustReindex', params: ({ event }) => ({ error: event.error }) },
        actions: [
          { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'failed' }) },
          'noteRollbackFailed',
          { type: 'noteEnding', params: 'reindex' },
        ],
      },
      {
        actions: [
          { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'failed' }) },
          { type: 'noteIndexError', params: ({ event }) => ({ error: event.error }) },
          {
            type: 'tellFleet',
            params: ({ context, event }) => ({
              runtime: context.runtime,
              index: event.index,
              synchronized: false,
            }),
          },
          { type: 'pass', params: ({ event }) => event },
        ],
      },
    ],
    INDEX_STOPPED: [
      {
        guard: { type: 'isRemoved', params: ({ event }) => event.index },
        actions: [
          { type: 'noteStopped', params: ({ event }) => event.index },
          { type: 'freeIndex', params: ({ event }) => event.index },
          {
            type: 'forgetIndex',
            params: ({ context, event }) => ({ runtime: context.runtime, index: event.index }),
          },
        ],
      },
      { actions: { type: 'noteStopped', params: ({ event }) => event.index } },
    ],
    FLEET: { actions: { type: 'noteFleet', params: ({ event }) => event } },
    INDEX_ADDED: [
      {
        guard: 'indexesRun',
        actions: [
          { type: 'noteAdded', params: ({ event }) => event.index },
          { type: 'startIndex', params: ({ event }) => event.index },
        ],
      },
      { actions: { type: 'noteAdded', params: ({ event }) => event.index } },
    ],
    INDEX_REMOVED: {
      actions: [
        { type: 'noteRemoved', params: ({ event }) => event.index },
        { type: 'stopIndex', params: ({ event }) => event.index },
      ],
    },
  },
  states: {
    restart: {
      entry: { type: 'tell', params: { state: 'restart' } },
      exit: 'forgetAttempts',
      initial: 'preparing',
      on: {
        'xstate.error.actor.work': {
          guard: { type: 'triesAgain', params: ({ event }) => ({ error: event.error }) },
          target: '.backingOff',
          actions: [
            'noteAttempt',
            { type: 'tellRetrying', params: ({ event }) => ({ state: 'restart', error: event.error }) },
          ],
        },
      },
      states: {
        preparing: {
          on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
          invoke: {
            id: 'work',
            src: 'prepare',
            input: ({ context }) => ({ runtime: context.runtime }),
            onDone: [
              { guard: 'ending', target: '#indexer.ending' },
              {
                guard: { type: 'needsReindex', params: ({ event }) => event.output },
                target: '#indexer.reindex',
                actions: { type: 'notePrepared', params: ({ event }) => event.output },
              },
              {
                target: 'firing',
                actions: { type: 'notePrepared', params: ({ event }) => event.output },
              },
            ],
          },
        },
        firing: {
          on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
          invoke: {
            id: 'work',
            src: 'fireSystemHook',
            input: ({ context }) => ({
              runtime: context.runtime,
              hook: 'on_restart' as const,
              args: [],
              failures: context.attempt,
            }),
            onDone: [
              { guard: 'ending', target: '#indexer.ending' },
              { target: '#indexer.syncing', actions: 'startIndexes' },
            ],
          },
        },
        // The whole of it again, as a start does.
        backingOff: {
          always: { guard: 'ending', target: '#indexer.ending' },
          after: { backOff: { target: 'preparing' } },
        },
      },
    },
    reindex: {
      entry: { type: 'tell', params: { state: 'reindex' } },
      exit: 'forgetAttempts',
      initial: 'making',
      on: {
        // It is under way, and begins again after it.
        REINDEX: {},
        RESTART: {},
        'xstate.error.actor.work': {
          guard: { type: 'triesAgain', params: ({ event }) => ({ error: event.error }) },
          target: '.backingOff',
          actions: [
            'noteAttempt',
            { type: 'tellRetrying', params: ({ event }) => ({ state: 'reindex', error: event.error }) },
          ],
        },
      },
      states: {
        making: {
          on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
          invoke: {
            id: 'work',
            src: 'reindex',
            input: ({ context }) => ({
              runtime: context.runtime,
              reason: context.reindex ?? 'manual',
              redeliver: context.redeliver,
              failures: context.attempt,
            }),
            onDone: [
              { guard: 'ending', target: '#indexer.ending', actions: 'noteReindexed' },
              { target: '#indexer.restart', actions: 'noteReindexed' },
            ],
          },
        },
        backingOff: {
          always: { guard: 'ending', target: '#indexer.ending' },
          after: { backOff: { target: 'making' } },
        },
      },
    },
    syncing: {
      entry: { type: 'tell', params: { state: 'syncing' } },
      always: [
        { guard: 'ending', target: 'ending' },
        { guard: 'everyFailed', target: 'ending', actions: 'noteEveryFailed' },
        { guard: 'reorgWaits', target: 'rollback' },
        { guard: 'everySynchronized', target: 'synchronized' },
      ],
    },
    synchronized: {
      entry: { type: 'tell', params: { state: 'synchronized' } },
      exit: 'forgetAttempts',
      initial: 'firing',
      on: {
        'xstate.error.actor.work': {
          guard: { type: 'triesAgain', params: ({ event }) => ({ error: event.error }) },
          target: '.backingOff',
          actions: [
            'noteAttempt',
            { type: 'tellRetrying', params: ({ event }) => ({ state: 'synchronized', error: event.error }) },
          ],
        },
      },
      states: {
        firing: {
          on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
          invoke: {
            id: 'work',
            src: 'fireSystemHook',
            input: ({ context }) => ({
              runtime: context.runtime,
              hook: 'on_synchronized' as const,
              args: [],
              failures: context.attempt,
            }),
            onDone: { target: 'settled' },
          },
        },
        // Where the state is left before it was fired again, it is when the state is next entered.
        backingOff: {
          always: [
            { guard: 'ending', target: '#indexer.ending' },
            { guard: 'reorgWaits', target: '#indexer.rollback' },
            { guard: 'someSyncing', target: '#indexer.syncing' },
          ],
          after: { backOff: { target: 'firing' } },
        },
        settled: {
          always: [
            { guard: 'ending', target: '#indexer.ending' },
            { guard: 'reorgWaits', target: '#indexer.rollback' },
            { guard: 'someSyncing', target: '#indexer.syncing' },
          ],
        },
      },
    },
    rollback: {
      entry: { type: 'tell', params: { state: 'rollback' } },
      exit: 'forgetAttempts',
      initial: 'firing',
      on: {
        'xstate.error.actor.work': [
          {
            guard: { type: 'mustReindex', params: ({ event }) => ({ error: event.error }) },
            target: 'ending',
            actions: ['noteRollbackFailed', { type: 'noteEnding', params: 'reindex' }],
          },
          {
            guard: { type: 'triesAgain', params: ({ event }) => ({ error: event.error }) },
            target: '.backingOff',
            actions: [
              'noteAttempt',
              { type: 'tellRollbackRetrying', params: ({ event }) => ({ error: event.error }) },
            ],
          },
        ],
      },
      states: {
        firing: {
          on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
          invoke: {
            id: 'work',
            src: 'fireSystemHook',
            input: ({ context }) => ({
              runtime: context.runtime,
              hook: 'on_index_rollback' as const,
              args: context.reorgs
                .slice(0, 1)
                .flatMap(({ index, fromLevel, toLevel }) => [index, fromLevel, toLevel]),
              failures: context.attempt,
            }),
            onDone: { target: '#indexer.syncing', actions: 'releaseIndex' },
          },
        },
        // The index stands still, and the others go on.
        backingOff: {
          always: { guard: 'ending', target: '#indexer.ending' },
          after: { backOff: { target: 'firing' } },
        },
      },
    },
    ending: {
      entry: ['stopIndexes', 'forgetReorgs'],
      always: [
        { guard: 'endsInFailure', target: 'failed' },
        {
          guard: 'endsInReindex',
          target: 'reindex',
          actions: ['removeIndexes', 'noteAsked'],
        },
        {
          guard: 'endsInRestart',
          target: 'restart',
          actions: ['removeIndexes', 'noteRestarting'],
        },
        { guard: 'noneRuns', target: 'stopped' },
      ],
    },
    failed: { invoke: { src: 'fail', input: ({ context }) => ({ error: context.error }) } },
    stopped: { type: 'final' },
  },
})
