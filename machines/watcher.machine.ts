import { assign, sendParent, setup } from 'xstate'
import type { LifecycleState } from '../src/events.ts'
import type { ReindexCommand } from '../src/lifecycle-command.ts'
import type { IndexerCommand } from './indexer.machine.ts'
import { slot } from './slot.ts'

/** Where the indexes stand that other processes follow. `unmade`: `on_reindex` has not run yet. */
export type FleetPhase = 'unmade' | 'syncing' | 'synchronized'

/** What is asked of the processes that index. */
export type AskElsewhere = ReindexCommand | { readonly type: 'RESTART' }

interface Context {
  readonly runtime: unknown
  readonly phase: FleetPhase
}

/**
 * The lifecycle as a process sees it that does not index: what the database says of those that do. It takes the indexer's place
 * in the root, and passes on to them what only they can do.
 */
export const watcherMachine = setup({
  types: {
    input: {} as { readonly runtime: unknown },
    context: {} as Context,
    events: {} as IndexerCommand | { readonly type: 'PHASE'; readonly phase: FleetPhase },
  },
  actors: {
    watch: slot<{ readonly runtime: unknown; readonly tell: (phase: FleetPhase) => void }, void>('watch'),
  },
  guards: {
    isMade: ({ context }) => context.phase !== 'unmade',
    isSynchronized: ({ context }) => context.phase === 'synchronized',
    isSyncing: ({ context }) => context.phase !== 'synchronized',
  },
  actions: {
    tell: sendParent((_, { state }: { readonly state: LifecycleState }) => ({ type: 'LIFECYCLE', state })),
    notePhase: assign({ phase: (_, { phase }: { readonly phase: FleetPhase }) => phase }),
    /** Leaves word for a process that indexes. */
    askElsewhere: (_, _params: { readonly runtime: unknown; readonly ask: AskElsewhere }) => {},
  },
}).createMachine({
  id: 'watcher',
  context: ({ input }) => ({ runtime: input.runtime, phase: 'unmade' }),
  invoke: {
    id: 'watch',
    src: 'watch',
    input: ({ context, self }) => ({
      runtime: context.runtime,
      tell: (phase: FleetPhase) => self.send({ type: 'PHASE', phase }),
    }),
  },
  initial: 'restart',
  on: {
    PHASE: { actions: { type: 'notePhase', params: ({ event }) => event } },
    REINDEX: {
      actions: {
        type: 'askElsewhere',
        params: ({ context, event }) => ({ runtime: context.runtime, ask: event }),
      },
    },
    RESTART: {
      actions: {
        type: 'askElsewhere',
        params: ({ context, event }) => ({ runtime: context.runtime, ask: event }),
      },
    },
    STOP: { target: '.stopped' },
  },
  states: {
    restart: {
      entry: { type: 'tell', params: { state: 'restart' } },
      always: { guard: 'isMade', target: 'syncing' },
    },
    syncing: {
      entry: { type: 'tell', params: { state: 'syncing' } },
      always: { guard: 'isSynchronized', target: 'synchronized' },
    },
    synchronized: {
      entry: { type: 'tell', params: { state: 'synchronized' } },
      always: { guard: 'isSyncing', target: 'syncing' },
    },
    stopped: { type: 'final' },
  },
})
