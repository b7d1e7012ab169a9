import { and, assign, enqueueActions, sendParent, sendTo, setup, type ErrorActorEvent } from 'xstate'
import type { LifecycleState, ReindexReason } from '../src/events.ts'
import { indexMachine, type IndexCommand, type IndexReport } from './index.machine.ts'
import { slot } from './slot.ts'

export type IndexerCommand =
  | { readonly type: 'STOP' }
  /** Wipe what was indexed, and start again. */
  | { readonly type: 'REINDEX' }

/** What the indexer tells its parent, beside what it passes on of its indexes. */
export type IndexerReport =
  | { readonly type: 'LIFECYCLE'; readonly state: LifecycleState }
  | Extract<IndexReport, { type: 'INDEX_RETRYING' | 'INDEX_FAILED' }>

/** What `prepare` found: the indexes to follow, and whether the database has to be made first. */
export interface Prepared {
  readonly indexes: readonly string[]
  readonly reindex: ReindexReason | undefined
}

type Reorg = Extract<IndexReport, { type: 'INDEX_REORGED' }>
type IndexPhase = 'syncing' | 'synchronized' | 'failed'

export interface SystemHookWork {
  readonly runtime: unknown
  readonly hook: 'on_restart' | 'on_synchronized' | 'on_index_rollback'
  readonly args: readonly unknown[]
}

interface Context {
  readonly runtime: unknown
  readonly reindex: ReindexReason | undefined
  readonly names: readonly string[]
  /** The phase of each index that runs. */
  readonly phases: Readonly<Record<string, IndexPhase>>
  /** Reorgs that wait to be undone, in the order they were found. Each of these indexes stands still. */
  readonly reorgs: readonly Reorg[]
  /** `stop` and `reindex` both end the indexes at a level boundary first. */
  readonly ending: 'stop' | 'reindex' | undefined
  readonly error: unknown
  /** Of the index that failed last. */
  readonly indexError: unknown
}

/**
 * The lifecycle: restart → reindex → syncing → synchronized, rollback, and the ways to end.
 *
 * The indexes are children that live through syncing, synchronized and rollback. A system hook is invoked by the state
 * that it belongs to, which is only left when it has settled: what arrives meanwhile is noted in the context and acted on then.
 */
export const indexerMachine = setup({
  types: {
    input: {} as { readonly runtime: unknown },
    context: {} as Context,
    events: {} as IndexerCommand | IndexReport | ErrorActorEvent<unknown, 'work'>,
    children: {} as { readonly [id: `index: ${string}`]: 'index' },
  },
  actors: {
    index: indexMachine,
    prepare: slot<{ readonly runtime: unknown }, Prepared>('prepare'),
    reindex: slot<{ readonly runtime: unknown; readonly reason: ReindexReason }, void>('reindex'),
    fireSystemHook: slot<SystemHookWork, void>('fireSystemHook'),
    fail: slot<{ readonly error: unknown }, never>('fail'),
  },
  guards: {
    ending: ({ context }) => context.ending !== undefined,
    reindexAsked: ({ context }) => context.ending === 'reindex' && context.error === undefined,
    needsReindex: (_, prepared: Prepared) => prepared.reindex !== undefined,
    reorgWaits: ({ context }) => context.reorgs.length > 0,
    everySynchronized: ({ context }) =>
      Object.values(context.phases).every((phase) => phase === 'synchronized'),
    someSyncing: ({ context }) => Object.values(context.phases).some((phase) => phase !== 'synchronized'),
    /** Nothing is left to do: there were indexes, and each of them failed. */
    everyFailed: ({ context }) => {
      const phases = Object.values(context.phases)
      return phases.length > 0 && phases.every((phase) => phase === 'failed')
    },
    noneRuns: ({ context }) => Object.values(context.phases).every((phase) => phase === 'failed'),
    hasFailed: ({ context }) => context.error !== undefined,
  },
  actions: {
    tell: sendParent((_, { state }: { readonly state: LifecycleState }) => ({ type: 'LIFECYCLE', state })),
    pass: sendParent((_, report: IndexReport) => report),
    notePrepared: assign((_, { indexes, reindex }: Prepared) => ({ names: indexes, reindex })),
    noteReindexed: assign({ reindex: undefined }),
    noteManual: assign({ reindex: 'manual' as const, ending: undefined }),
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
    noteEnding: assign({ ending: (_, ending: 'stop' | 'reindex') => ending }),
    forgetReorgs: assign({ reorgs: [] }),
    releaseIndex: enqueueActions(({ context, enqueue }) => {
      const [undone, ...waiting] = context.reorgs
      if (undone === undefined) return
      enqueue.sendTo(`index: ${undone.index}`, { type: 'ROLLED_BACK' } satisfies IndexCommand)
      enqueue.assign({ reorgs: waiting })
    }),
    startIndexes: enqueueActions(({ context, enqueue }) => {
      const phases: Record<string, IndexPhase> = {}
      for (const index of context.names) {
        enqueue.spawnChild('index', {
          id: `index: ${index}` as const,
          input: { runtime: context.runtime, index },
        })
        phases[index] = 'syncing'
      }
      enqueue.assign({ phases, reorgs: [] })
    }),
    stopIndexes: enqueueActions(({ context, enqueue }) => {
      for (const [index, phase] of Object.entries(context.phases)) {
        if (phase !== 'failed') {
          enqueue.sendTo(`index: ${index}`, { type: 'STOP' } satisfies IndexCommand)
        }
      }
    }),
    // A finished child stays in `snapshot.children` until it is stopped, and its id cannot be used again.
    removeIndexes: enqueueActions(({ context, enqueue }) => {
      for (const index of context.names) enqueue.stopChild(`index: ${index}`)
    }),
    drain: sendTo('work', { type: 'DRAIN' }),
  },
}).createMachine({
  id: 'indexer',
  context: ({ input }) => ({
    runtime: input.runtime,
    reindex: undefined,
    names: [],
    phases: {},
    reorgs: [],
    ending: undefined,
    error: undefined,
    indexError: undefined,
  }),
  initial: 'restart',
  on: {
    'xstate.error.actor.work': {
      target: '.ending',
      actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
    },
    INDEX_SYNCING: {
      actions: { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'syncing' }) },
    },
    INDEX_SYNCHRONIZED: {
      actions: { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'synchronized' }) },
    },
    INDEX_REORGED: { actions: { type: 'noteReorg', params: ({ event }) => event } },
    INDEX_RETRYING: { actions: { type: 'pass', params: ({ event }) => event } },
    INDEX_FAILED: {
      actions: [
        { type: 'notePhase', params: ({ event }) => ({ index: event.index, phase: 'failed' }) },
        { type: 'noteIndexError', params: ({ event }) => ({ error: event.error }) },
        { type: 'pass', params: ({ event }) => event },
      ],
    },
    INDEX_STOPPED: { actions: { type: 'noteStopped', params: ({ event }) => event.index } },
  },
  states: {
    restart: {
      entry: { type: 'tell', params: { state: 'restart' } },
      initial: 'preparing',
      on: {
        STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] },
        REINDEX: { actions: { type: 'noteEnding', params: 'reindex' } },
      },
      states: {
        preparing: {
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
          invoke: {
            id: 'work',
            src: 'fireSystemHook',
            input: ({ context }) => ({ runtime: context.runtime, hook: 'on_restart' as const, args: [] }),
            onDone: [
              { guard: 'ending', target: '#indexer.ending' },
              { target: '#indexer.syncing', actions: 'startIndexes' },
            ],
          },
        },
      },
    },
    reindex: {
      entry: { type: 'tell', params: { state: 'reindex' } },
      invoke: {
        id: 'work',
        src: 'reindex',
        input: ({ context }) => ({
          runtime: context.runtime,
          reason: context.reindex ?? 'manual',
        }),
        onDone: [
          { guard: 'ending', target: 'ending', actions: 'noteReindexed' },
          { target: 'restart', actions: 'noteReindexed' },
        ],
      },
      on: { STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] } },
    },
    syncing: {
      entry: { type: 'tell', params: { state: 'syncing' } },
      always: [
        { guard: 'ending', target: 'ending' },
        { guard: 'everyFailed', target: 'ending', actions: 'noteEveryFailed' },
        { guard: 'reorgWaits', target: 'rollback' },
        { guard: 'everySynchronized', target: 'synchronized' },
      ],
      on: {
        STOP: { actions: { type: 'noteEnding', params: 'stop' } },
        REINDEX: { actions: { type: 'noteEnding', params: 'reindex' } },
      },
    },
    synchronized: {
      entry: { type: 'tell', params: { state: 'synchronized' } },
      initial: 'firing',
      states: {
        firing: {
          invoke: {
            id: 'work',
            src: 'fireSystemHook',
            input: ({ context }) => ({
              runtime: context.runtime,
              hook: 'on_synchronized' as const,
              args: [],
            }),
            onDone: { target: 'settled' },
          },
          on: {
            STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] },
            REINDEX: { actions: { type: 'noteEnding', params: 'reindex' } },
          },
        },
        settled: {
          always: [
            { guard: 'ending', target: '#indexer.ending' },
            { guard: 'reorgWaits', target: '#indexer.rollback' },
            { guard: 'someSyncing', target: '#indexer.syncing' },
          ],
          on: {
            STOP: { actions: { type: 'noteEnding', params: 'stop' } },
            REINDEX: { actions: { type: 'noteEnding', params: 'reindex' } },
          },
        },
      },
    },
    rollback: {
      entry: { type: 'tell', params: { state: 'rollback' } },
      invoke: {
        id: 'work',
        src: 'fireSystemHook',
        input: ({ context }) => ({
          runtime: context.runtime,
          hook: 'on_index_rollback' as const,
          args: context.reorgs
            .slice(0, 1)
            .flatMap(({ index, fromLevel, toLevel }) => [index, fromLevel, toLevel]),
        }),
        onDone: { target: 'syncing', actions: 'releaseIndex' },
      },
      on: {
        STOP: { actions: [{ type: 'noteEnding', params: 'stop' }, 'drain'] },
        REINDEX: { actions: { type: 'noteEnding', params: 'reindex' } },
      },
    },
    ending: {
      entry: ['stopIndexes', 'forgetReorgs'],
      always: [
        { guard: and(['noneRuns', 'hasFailed']), target: 'failed' },
        {
          guard: and(['noneRuns', 'reindexAsked']),
          target: 'reindex',
          actions: ['removeIndexes', 'noteManual'],
        },
        { guard: 'noneRuns', target: 'stopped' },
      ],
      on: { STOP: { actions: { type: 'noteEnding', params: 'stop' } } },
    },
    failed: { invoke: { src: 'fail', input: ({ context }) => ({ error: context.error }) } },
    stopped: { type: 'final' },
  },
})
