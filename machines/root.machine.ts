import { assign, emit, enqueueActions, sendTo, setup, type AnyActorRef, type ErrorActorEvent } from 'xstate'
import type { LifecycleState, PawlEvent } from '../src/events.ts'
import type { IndexChange, ReindexCommand } from '../src/lifecycle-command.ts'
import type { JobCommand } from '../src/jobs/job-command.ts'
import type { FireHook, HooksCommand } from './hooks.machine.ts'
import type { IndexerCommand, IndexerReport, RegistryReport } from './indexer.machine.ts'
import type { SchedulerCommand } from './scheduler.machine.ts'
import { slot } from './slot.ts'

/** What users send to the root. */
export type RootCommand =
  | FireHook
  | JobCommand
  | IndexChange
  | ReindexCommand
  /** End the indexes at a level boundary, and begin again with `on_restart`. */
  | { readonly type: 'RESTART' }
  /** Take no more work, finish what runs within `drainTimeout`, release the lease, end. */
  | { readonly type: 'STOP' }

/** What the root's own parts send to it. */
export type RootReport =
  | IndexerReport
  | RegistryReport
  | { readonly type: 'EMIT'; readonly event: PawlEvent }
  /** Something that the whole process depends on is gone (the lease, the embedded server). */
  | { readonly type: 'FATAL'; readonly error: unknown }

/** Passes events, failures and what callbacks ask for to the root, from wherever they arise. */
export interface RootLine {
  emit(event: PawlEvent): void
  fatal(error: unknown): void
  /** Where the lifecycle is. */
  state(): LifecycleState
  /** Hears all that the root emits. */
  listen(listener: (event: PawlEvent) => void): void
  ask(what: RegistryReport | RootCommand): void
  /** For those who look at it. */
  readonly actor: AnyActorRef
}

type Retrying = Extract<RootReport, { type: 'INDEX_RETRYING' }>
type LifecycleRetrying = Extract<RootReport, { type: 'LIFECYCLE_RETRYING' }>

export type KeptCommand = FireHook | JobCommand | IndexChange

type Part = 'indexer' | 'hooks' | 'scheduler'

interface Context {
  readonly drainTimeout: number
  /** Of the config. */
  readonly indexes: readonly string[]
  readonly runtime: unknown
  /** What was sent before the parts were there. */
  readonly kept: readonly KeptCommand[]
  readonly stopAsked: boolean
  readonly reindexAsked: ReindexCommand | undefined
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
    input: {} as { readonly drainTimeout: number; readonly indexes: readonly string[] },
    context: {} as Context,
    events: {} as RootCommand | RootReport | ErrorActorEvent<unknown, Part | 'open' | 'close'>,
    emitted: {} as PawlEvent,
  },
  actors: {
    open: slot<{ readonly root: RootLine }, unknown>('open'),
    close: slot<{ readonly runtime: unknown }, void>('close'),
    indexer: slot<{ readonly runtime: unknown; readonly indexes: readonly string[] }, void, IndexerCommand>(
      'indexer',
    ),
    hooks: slot<{ readonly runtime: unknown }, void, HooksCommand>('hooks'),
    scheduler: slot<{ readonly runtime: unknown }, void, SchedulerCommand>('scheduler'),
    fail: slot<{ readonly error: unknown }, never>('fail'),
  },
  guards: {
    isOpenTooLate: ({ context }, { runtime }: { readonly runtime: unknown }) =>
      runtime !== undefined && context.stopAsked,
    isOpen: (_, { runtime }: { readonly runtime: unknown }) => runtime !== undefined,
    everyPartEnded: ({ context }) => context.ended.length === 3,
    hasFailed: ({ context }) => context.error !== undefined,
    reachedSyncing: (_, { state }: { readonly state: LifecycleState }) => state === 'syncing',
    reachedSynchronized: (_, { state }: { readonly state: LifecycleState }) => state === 'synchronized',
  },
  actions: {
    keep: assign({ kept: ({ context }, command: KeptCommand) => [...context.kept, command] }),
    /** Tells that a firing or a change was not taken; `src` knows the error. */
    refuse: (_, _params: { readonly commands: readonly KeptCommand[] }) => {},
    passKept: enqueueActions(({ context, enqueue }) => {
      for (const command of context.kept) {
        if (command.type === 'FIRE_HOOK') enqueue.sendTo('hooks', command)
        else if (!isIndexChange(command)) enqueue.sendTo('scheduler', command)
      }
      if (context.reindexAsked !== undefined) enqueue.sendTo('indexer', context.reindexAsked)
      enqueue.assign({ kept: [], reindexAsked: undefined })
    }),
    /** Adds an index to those that run, or removes one; the outcome is told by events. */
    changeIndexes: (
      _,
      _params: { readonly runtime: unknown; readonly changes: readonly IndexChange[] },
    ) => {},
    noteStop: assign({ stopAsked: true }),
    noteReindex: assign({ reindexAsked: (_, command: ReindexCommand) => command }),
    passFiring: sendTo('hooks', (_, firing: FireHook) => firing),
    passJobCommand: sendTo('scheduler', (_, command: JobCommand) => command),
    passToIndexer: sendTo('indexer', (_, command: IndexerCommand) => command),
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
    tellLifecycleRetrying: emit((_, { state, attempt, delay, error }: LifecycleRetrying) => ({
      type: 'lifecycle.retrying' as const,
      state,
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
    // Last: a handler in flight, a rollback and a job may still have hooks to run before they can end.
    endHooks: enqueueActions(({ context, enqueue }) => {
      const othersEnded = context.ended.includes('indexer') && context.ended.includes('scheduler')
      if (othersEnded && !context.ended.includes('hooks')) enqueue.sendTo('hooks', { type: 'END' })
    }),
  },
  delays: {
    drainTimeout: ({ context }) => context.drainTimeout,
  },
}).createMachine({
  id: 'root',
  context: ({ input }) => ({
    drainTimeout: input.drainTimeout,
    indexes: input.indexes,
    runtime: undefined,
    kept: [],
    stopAsked: false,
    reindexAsked: undefined,
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
        params: ({ event }) => ({ commands: [event] }),
      },
    },
    ADD_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    REMOVE_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    RESCHEDULE_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    PAUSE_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    RESUME_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    RUN_JOB: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    ADD_INDEX: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
    REMOVE_INDEX: { actions: { type: 'refuse', params: ({ event }) => ({ commands: [event] }) } },
  },
  states: {
    starting: {
      invoke: {
        id: 'open',
        src: 'open',
        input: ({ self }) => ({ root: lineTo(self) }),
        onDone: [
          {
            guard: { type: 'isOpenTooLate', params: ({ event }) => ({ runtime: event.output }) },
            target: 'closing',
            actions: { type: 'noteRuntime', params: ({ event }) => ({ runtime: event.output }) },
          },
          {
            guard: { type: 'isOpen', params: ({ event }) => ({ runtime: event.output }) },
            target: 'running',
            actions: { type: 'noteRuntime', params: ({ event }) => ({ runtime: event.output }) },
          },
          { guard: 'hasFailed', target: 'failed' },
          { target: 'stopped' },
        ],
        onError: {
          target: 'failed',
          actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
        },
      },
      on: {
        // The lease is there before all else is, and can be lost meanwhile.
        FATAL: {
          actions: [
            { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
            'noteStop',
            'drainOpening',
          ],
        },
        FIRE_HOOK: { actions: { type: 'keep', params: ({ event }) => event } },
        ADD_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        REMOVE_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        RESCHEDULE_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        PAUSE_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        RESUME_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        RUN_JOB: { actions: { type: 'keep', params: ({ event }) => event } },
        ADD_INDEX: { actions: { type: 'keep', params: ({ event }) => event } },
        REMOVE_INDEX: { actions: { type: 'keep', params: ({ event }) => event } },
        REINDEX: { actions: { type: 'noteReindex', params: ({ event }) => event } },
        STOP: { actions: ['noteStop', 'drainOpening'] },
      },
    },
    running: {
      entry: [
        {
          type: 'changeIndexes',
          params: ({ context: { runtime, kept } }) => ({ runtime, changes: kept.filter(isIndexChange) }),
        },
        'passKept',
      ],
      invoke: [
        {
          id: 'indexer',
          src: 'indexer',
          input: ({ context: { runtime, indexes } }) => ({ runtime, indexes }),
          onDone: { actions: [{ type: 'noteEnded', params: { part: 'indexer' } }, 'endHooks'] },
          onError: {
            target: '.draining',
            actions: [
              { type: 'noteEnded', params: { part: 'indexer' } },
              { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              'endHooks',
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
          onDone: { actions: [{ type: 'noteEnded', params: { part: 'scheduler' } }, 'endHooks'] },
          onError: {
            target: '.draining',
            actions: [
              { type: 'noteEnded', params: { part: 'scheduler' } },
              { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              'endHooks',
            ],
          },
        },
      ],
      on: {
        LIFECYCLE_RETRYING: { actions: { type: 'tellLifecycleRetrying', params: ({ event }) => event } },
        INDEX_RETRYING: { actions: { type: 'tellRetrying', params: ({ event }) => event } },
        INDEX_FAILED: { actions: { type: 'tellFailed', params: ({ event }) => event } },
        FIRE_HOOK: { actions: { type: 'passFiring', params: ({ event }) => event } },
        ADD_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
        REMOVE_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
        RESCHEDULE_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
        PAUSE_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
        RESUME_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
        RUN_JOB: { actions: { type: 'passJobCommand', params: ({ event }) => event } },
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
            ADD_INDEX: {
              actions: {
                type: 'changeIndexes',
                params: ({ context: { runtime }, event }) => ({ runtime, changes: [event] }),
              },
            },
            REMOVE_INDEX: {
              actions: {
                type: 'changeIndexes',
                params: ({ context: { runtime }, event }) => ({ runtime, changes: [event] }),
              },
            },
            FLEET: { actions: { type: 'passToIndexer', params: ({ event }) => event } },
            INDEX_ADDED: { actions: { type: 'passToIndexer', params: ({ event }) => event } },
            INDEX_REMOVED: { actions: { type: 'passToIndexer', params: ({ event }) => event } },
            REINDEX: { actions: { type: 'passToIndexer', params: ({ event }) => event } },
            RESTART: { actions: { type: 'passToIndexer', params: ({ event }) => event } },
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
        { type: 'refuse', params: ({ context }) => ({ commands: context.kept }) },
      ],
      invoke: { src: 'fail', input: ({ context }) => ({ error: context.error }) },
    },
    stopped: {
      entry: [
        { type: 'tell', params: { state: 'stopped' } },
        { type: 'refuse', params: ({ context }) => ({ commands: context.kept }) },
      ],
      type: 'final',
    },
  },
})

function isIndexChange(command: KeptCommand): command is IndexChange {
  return command.type === 'ADD_INDEX' || command.type === 'REMOVE_INDEX'
}

interface Root {
  send(event: RootReport | RootCommand): void
  on(type: '*', listener: (event: { readonly type: string }) => void): unknown
  getSnapshot(): { readonly status: string; readonly context: { readonly state: LifecycleState } }
}

/** What was cut off by a stop may still have something to say; a root that has ended does not listen. */
function lineTo(root: Root): RootLine {
  const send = (event: RootReport | RootCommand): void => {
    if (root.getSnapshot().status === 'active') root.send(event)
  }
  return {
    emit: (event) => send({ type: 'EMIT', event }),
    fatal: (error) => send({ type: 'FATAL', error }),
    ask: send,
    state: () => root.getSnapshot().context.state,
    // XState does not know in here what the machine emits.
    listen: (listener) => void root.on('*', (event) => listener(event as PawlEvent)),
    actor: root as AnyActorRef,
  }
}
