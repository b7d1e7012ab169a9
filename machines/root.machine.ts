import { assign, emit, enqueueActions, sendTo, setup, type ErrorActorEvent } from 'xstate'
import type { LifecycleState, PawlEvent } from '../src/events.ts'
import type { FireHook, HooksCommand } from './hooks.machine.ts'
import type { IndexerCommand, IndexerReport } from './indexer.machine.ts'
import type { SchedulerCommand } from './scheduler.machine.ts'
import { slot } from './slot.ts'

/** What users send to the root. */
export type RootCommand =
  | FireHook
  /** Wipe what was indexed (immune tables stay), and start again. */
  | { readonly type: 'REINDEX' }
  /** Take no more work, finish what runs within `drainTimeout`, release the lease, end. */
  | { readonly type: 'STOP' }

/** What the root's own parts send to it. */
export type RootReport =
  | IndexerReport
  | { readonly type: 'EMIT'; readonly event: PawlEvent }
  /** Something that the whole process depends on is gone (the lease, the embedded server). */
  | { readonly type: 'FATAL'; readonly error: unknown }

/** Passes events and failures to the root, from wherever they arise. */
export interface RootLine {
  emit(event: PawlEvent): void
  fatal(error: unknown): void
}

type Retrying = Extract<RootReport, { type: 'INDEX_RETRYING' }>

type Part = 'indexer' | 'hooks' | 'scheduler'

interface Context {
  readonly drainTimeout: number
  readonly runtime: unknown
  /** What was fired before the parts were there. */
  readonly kept: readonly FireHook[]
  readonly state: LifecycleState
  readonly ended: readonly Part[]
  readonly error: unknown
}

/**
 * The actor that users embed. Opens what the parts share (database, lease), runs the three parts side by side, and ends
 * them in order: every part drains, then what they shared is closed, and only then the root is done.
 */
export const rootMachine = setup({
  types: {
    input: {} as { readonly drainTimeout: number },
    context: {} as Context,
    events: {} as RootCommand | RootReport | ErrorActorEvent<unknown, Part | 'open' | 'close'>,
    emitted: {} as PawlEvent,
  },
  actors: {
    open: slot<{ readonly root: RootLine }, unknown>('open'),
    close: slot<{ readonly runtime: unknown }, void>('close'),
    indexer: slot<{ readonly runtime: unknown }, void, IndexerCommand>('indexer'),
    hooks: slot<{ readonly runtime: unknown }, void, HooksCommand>('hooks'),
    scheduler: slot<{ readonly runtime: unknown }, void, SchedulerCommand>('scheduler'),
    fail: slot<{ readonly error: unknown }, never>('fail'),
  },
  guards: {
    isOpen: (_, { runtime }: { readonly runtime: unknown }) => runtime !== undefined,
    everyPartEnded: ({ context }) => context.ended.length === 3,
    hasFailed: ({ context }) => context.error !== undefined,
    reachedSyncing: (_, { state }: { readonly state: LifecycleState }) => state === 'syncing',
    reachedSynchronized: (_, { state }: { readonly state: LifecycleState }) => state === 'synchronized',
  },
  actions: {
    keep: assign({ kept: ({ context }, firing: FireHook) => [...context.kept, firing] }),
    /** Tells that a firing was not taken; `src` knows the error. */
    refuse: (_, _params: { readonly firings: readonly FireHook[] }) => {},
    passKept: enqueueActions(({ context, enqueue }) => {
      for (const firing of context.kept) enqueue.sendTo('hooks', firing)
      enqueue.assign({ kept: [] })
    }),
    passFiring: sendTo('hooks', (_, firing: FireHook) => firing),
    passReindex: sendTo('indexer', { type: 'REINDEX' }),
    passEvent: emit((_, event: PawlEvent) => event),
    noteRuntime: assign({ runtime: (_, { runtime }: { readonly runtime: unknown }) => runtime }),
    noteEnded: assign({
      ended: ({ context }, { part }: { readonly part: Part }) => [...context.ended, part],
    }),
    // The first error is the cause; those that follow from it are not.
    noteError: assign({
      error: ({ context }, { error }: { readonly error: unknown }) => context.error ?? error,
    }),
    tell: enqueueActions(({ context, enqueue }, { state }: { readonly state: LifecycleState }) => {
      if (state === context.state) return
      enqueue.emit({ type: 'lifecycle', state, previous: context.state })
      enqueue.assign({ state })
    }),
    tellRetrying: emit((_, { index, attempt, delay, error }: Retrying) => ({
      type: 'index.retrying' as const,
      index,
      attempt,
      delay,
      error,
    })),
    tellFailed: emit((_, { index, error }: { readonly index: string; readonly error: unknown }) => ({
      type: 'index.failed' as const,
      index,
      error,
    })),
    drainOpening: sendTo('open', { type: 'DRAIN' }),
    openHooks: sendTo('hooks', { type: 'OPEN' }),
    startScheduler: sendTo('scheduler', { type: 'START' }),
    tellScheduler: sendTo('scheduler', { type: 'SYNCHRONIZED' }),
    drainParts: enqueueActions(({ context, enqueue }) => {
      if (!context.ended.includes('scheduler')) enqueue.sendTo('scheduler', { type: 'DRAIN' })
      if (!context.ended.includes('hooks')) enqueue.sendTo('hooks', { type: 'DRAIN' })
      if (!context.ended.includes('indexer')) enqueue.sendTo('indexer', { type: 'STOP' })
    }),
  },
  delays: {
    drainTimeout: ({ context }) => context.drainTimeout,
  },
}).createMachine({
  id: 'root',
  context: ({ input }) => ({
    drainTimeout: input.drainTimeout,
    runtime: undefined,
    kept: [],
    state: 'starting',
    ended: [],
    error: undefined,
  }),
  initial: 'starting',
  on: {
    EMIT: { actions: { type: 'passEvent', params: ({ event }) => event.event } },
    FIRE_HOOK: {
      actions: {
        type: 'refuse',
        params: ({ event }) => ({ firings: [event] }),
      },
    },
  },
  states: {
    starting: {
      invoke: {
        id: 'open',
        src: 'open',
        input: ({ self }) => ({ root: lineTo(self) }),
        onDone: [
          {
            guard: { type: 'isOpen', params: ({ event }) => ({ runtime: event.output }) },
            target: 'running',
            actions: { type: 'noteRuntime', params: ({ event }) => ({ runtime: event.output }) },
          },
          { target: 'stopped' },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      on: {
        FIRE_HOOK: { actions: { type: 'keep', params: ({ event }) => event } },
        STOP: { actions: 'drainOpening' },
      },
    },
    running: {
      entry: 'passKept',
      invoke: [
        {
          id: 'indexer',
          src: 'indexer',
          input: ({ context }) => ({ runtime: context.runtime }),
          onDone: { actions: { type: 'noteEnded', params: { part: 'indexer' } } },
          onError: {
            target: '.draining',
            actions: [
              { type: 'noteEnded', params: { part: 'indexer' } },
              { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
            ],
          },
        },
        {
          id: 'hooks',
          src: 'hooks',
          input: ({ context }) => ({ runtime: context.runtime }),
          onDone: { actions: { type: 'noteEnded', params: { part: 'hooks' } } },
          onError: {
            target: '.draining',
            actions: [
              { type: 'noteEnded', params: { part: 'hooks' } },
              { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
            ],
          },
        },
        {
          id: 'scheduler',
          src: 'scheduler',
          input: ({ context }) => ({ runtime: context.runtime }),
          onDone: { actions: { type: 'noteEnded', params: { part: 'scheduler' } } },
          onError: {
            target: '.draining',
            actions: [
              { type: 'noteEnded', params: { part: 'scheduler' } },
              { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
            ],
          },
        },
      ],
      on: {
        INDEX_RETRYING: { actions: { type: 'tellRetrying', params: ({ event }) => event } },
        INDEX_FAILED: { actions: { type: 'tellFailed', params: ({ event }) => event } },
        FIRE_HOOK: { actions: { type: 'passFiring', params: ({ event }) => event } },
        FATAL: {
          target: '.draining',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      initial: 'working',
      states: {
        working: {
          on: {
            LIFECYCLE: [
              {
                guard: { type: 'reachedSyncing', params: ({ event }) => event },
                actions: [
                  { type: 'tell', params: ({ event }) => ({ state: event.state }) },
                  'openHooks',
                  'startScheduler',
                ],
              },
              {
                guard: { type: 'reachedSynchronized', params: ({ event }) => event },
                actions: [{ type: 'tell', params: ({ event }) => ({ state: event.state }) }, 'tellScheduler'],
              },
              { actions: { type: 'tell', params: ({ event }) => ({ state: event.state }) } },
            ],
            REINDEX: { actions: 'passReindex' },
            STOP: { target: 'draining' },
          },
        },
        draining: {
          entry: [{ type: 'tell', params: { state: 'stopping' } }, 'drainParts'],
          always: { guard: 'everyPartEnded', target: '#root.closing' },
          after: { drainTimeout: { target: '#root.closing' } },
        },
      },
    },
    closing: {
      invoke: {
        id: 'close',
        src: 'close',
        input: ({ context }) => ({ runtime: context.runtime }),
        onDone: [{ guard: 'hasFailed', target: 'failed' }, { target: 'stopped' }],
        onError: {
          target: 'failed',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    failed: {
      entry: [
        { type: 'tell', params: { state: 'failed' } },
        { type: 'refuse', params: ({ context }) => ({ firings: context.kept }) },
      ],
      invoke: { src: 'fail', input: ({ context }) => ({ error: context.error }) },
    },
    stopped: {
      entry: [
        { type: 'tell', params: { state: 'stopped' } },
        { type: 'refuse', params: ({ context }) => ({ firings: context.kept }) },
      ],
      type: 'final',
    },
  },
})

function lineTo(root: { send(event: RootReport): void }): RootLine {
  return {
    emit: (event) => root.send({ type: 'EMIT', event }),
    fatal: (error) => root.send({ type: 'FATAL', error }),
  }
}
