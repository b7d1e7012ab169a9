import { assign, setup } from 'xstate'
import { slot } from './slot.ts'

/** Fire a user hook. */
export interface FireHook {
  readonly type: 'FIRE_HOOK'
  readonly hook: string
  readonly args?: Readonly<Record<string, unknown>>
  /** The firing's id; its events carry it back. Default: a new one. */
  readonly id?: string
}

export type HooksCommand =
  | FireHook
  /** The lifecycle is past `restart`: what users' hooks work on is there. */
  | { readonly type: 'OPEN' }
  /** Take no more, and end when what runs has ended. */
  | { readonly type: 'DRAIN' }

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
        DRAIN: { target: 'draining' },
      },
    },
    draining: {
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
