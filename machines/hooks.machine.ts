import { assign, setup } from 'xstate'
import { slot } from './slot.ts'

/** Fire a user hook. */
export interface FireHook {
  readonly type: 'FIRE_HOOK'
  readonly hook: string
  readonly args?: Readonly<Record<string, unknown>>
  /** The firing's id; its events carry it back. Default: a new one. */
  readonly id?: string
  /** `false`: a durable firing; see `FireOptions`. */
  readonly wait?: false
  readonly key?: string
  /** A transaction that is open waits for the firing's end. */
  readonly awaited?: boolean
}

export type HooksCommand =
  | FireHook
  /** The lifecycle is past `restart`: what users' hooks work on is there. */
  | { readonly type: 'OPEN' }
  /** Take no more from outside. What the other parts still fire, they need to come to their own end. */
  | { readonly type: 'DRAIN' }
  /** The other parts have ended: end when what runs has ended. */
  | { readonly type: 'END' }

/**
 * Takes FIRE_HOOK; each firing is a child of the pool. Those that come before the database is ready are kept and fired
 * then; those that come while draining are refused, each with a `hook.failed`.
 */
export const hooksMachine = setup({
  types: {
    input: {} as { readonly runtime: unknown },
    context: {} as { readonly runtime: unknown; readonly kept: readonly FireHook[] },
    events: {} as HooksCommand,
  },
  actors: {
    pool: slot<{ readonly runtime: unknown }, void>('pool'),
    drainFirings: slot<{ readonly runtime: unknown }, void>('drainFirings'),
  },
  actions: {
    keep: assign({ kept: ({ context }, firing: FireHook) => [...context.kept, firing] }),
    forgetKept: assign({ kept: [] }),
    /** Begins to run what waits on the durable queue. */
    openQueue: (_, _params: { readonly runtime: unknown }) => {},
    /** Begins nothing more of it. */
    closeQueue: (_, _params: { readonly runtime: unknown }) => {},
    /** Starts a firing in the pool; its outcome is told by its events. */
    fire: (_, _params: { readonly runtime: unknown; readonly firings: readonly FireHook[] }) => {},
    refuse: (_, _params: { readonly runtime: unknown; readonly firings: readonly FireHook[] }) => {},
  },
}).createMachine({
  id: 'hooks',
  context: ({ input }) => ({ runtime: input.runtime, kept: [] }),
  invoke: { id: 'firings', src: 'pool', input: ({ context }) => ({ runtime: context.runtime }) },
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        FIRE_HOOK: { actions: { type: 'keep', params: ({ event }) => event } },
        OPEN: {
          target: 'accepting',
          actions: [
            { type: 'openQueue', params: ({ context }) => ({ runtime: context.runtime }) },
            {
              type: 'fire',
              params: ({ context }) => ({ runtime: context.runtime, firings: context.kept }),
            },
            'forgetKept',
          ],
        },
        DRAIN: {
          target: 'draining',
          actions: [
            {
              type: 'refuse',
              params: ({ context }) => ({ runtime: context.runtime, firings: context.kept }),
            },
            'forgetKept',
          ],
        },
      },
    },
    accepting: {
      on: {
        FIRE_HOOK: {
          actions: {
            type: 'fire',
            params: ({ context, event }) => ({ runtime: context.runtime, firings: [event] }),
          },
        },
        DRAIN: {
          target: 'draining',
          actions: { type: 'closeQueue', params: ({ context }) => ({ runtime: context.runtime }) },
        },
      },
    },
    draining: {
      on: {
        FIRE_HOOK: {
          actions: {
            type: 'refuse',
            params: ({ context, event }) => ({ runtime: context.runtime, firings: [event] }),
          },
        },
        END: { target: 'ending' },
      },
    },
    ending: {
      invoke: {
        src: 'drainFirings',
        input: ({ context }) => ({ runtime: context.runtime }),
        onDone: { target: 'drained' },
      },
      on: {
        FIRE_HOOK: {
          actions: {
            type: 'refuse',
            params: ({ context, event }) => ({ runtime: context.runtime, firings: [event] }),
          },
        },
      },
    },
    drained: { type: 'final' },
  },
})
