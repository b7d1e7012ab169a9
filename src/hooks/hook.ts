import type * as v from 'valibot'
import { isFields } from '../config/config-reader.ts'
import type { HookContext } from './context.ts'

/** The names that fire on lifecycle events; a user hook cannot have them. */
export const SYSTEM_HOOKS = ['on_restart', 'on_reindex', 'on_synchronized', 'on_index_rollback'] as const
export type SystemHookName = (typeof SYSTEM_HOOKS)[number]

/** A schema an argument. */
export type HookArgs = Readonly<Record<string, v.GenericSchema>>

/** What a firing passes: arguments whose schema allows `undefined` may be left out. */
export type HookInput<Args extends HookArgs> = {
  readonly [Name in keyof Args as undefined extends v.InferInput<Args[Name]> ? never : Name]: v.InferInput<
    Args[Name]
  >
} & {
  readonly [Name in keyof Args as undefined extends v.InferInput<Args[Name]> ? Name : never]?: v.InferInput<
    Args[Name]
  >
}

/** What the callback gets: the schemas' outputs. */
export type HookOutput<Args extends HookArgs> = { readonly [Name in keyof Args]: v.InferOutput<Args[Name]> }

/** How a durable firing that failed is run again. */
export interface HookRetry {
  /** Runs of one firing at most, the first included; then it is dead, and kept with its error. Default: 10. */
  readonly attempts?: number
  /** Seconds before the second run; twice as long before each further one. Default: 1. */
  readonly delay?: number
  /** Seconds; no wait is longer. Default: 300. */
  readonly maxDelay?: number
}

/** User code that is not tied to an index: fired by name, or by a job. */
export interface Hook<Args extends HookArgs = HookArgs> {
  readonly args: Args
  /** The callback runs in one transaction that commits or leaves no trace. */
  readonly atomic: boolean
  /** An atomic hook makes the indexing loop wait at a level boundary until it is done. */
  readonly blocking: boolean
  /** Of durable firings (`wait: false`). */
  readonly retry: Required<HookRetry>
  /** Durable firings that run at a time. */
  readonly maxConcurrency: number
  /** Undoes what a durable firing did, when its level left the chain. */
  onReverted?(ctx: HookContext, args: HookOutput<Args>): Promise<void> | void
  // Method syntax on purpose: bivariant, so that hooks of any arguments fit one record.
  run(ctx: HookContext, args: HookOutput<Args>): Promise<void> | void
}

export interface HookDefinition<Args extends HookArgs> {
  /** A valibot schema an argument: checked at every firing. Default: the hook takes none. */
  readonly args?: Args
  /** It runs in one transaction that commits or leaves no trace, and indexing waits for it at a level boundary. Default: false. */
  readonly atomic?: boolean
  /** false: indexing goes on beside it. Only for atomic hooks. Default: true. */
  readonly blocking?: boolean
  /** For durable firings (`wait: false`): how one that failed is run again. */
  readonly retry?: HookRetry
  /** Durable firings of this hook that run at a time. Default: 1, which keeps them in their order: one that failed holds up the next until it has run or is dead. */
  readonly maxConcurrency?: number
  /**
   * Called with the original arguments when a durable firing has run and its level leaves the chain afterwards: undo it here.
   * Of a hook that is not atomic, also when it began and failed, for it may have had its effect. It runs as the hook does: in a
   * transaction where that is atomic, with the same retries, and with the same `ctx.firing.id`.
   */
  readonly onReverted?: (ctx: HookContext, args: HookOutput<Args>) => Promise<void> | void
  /** The work. What it throws is kept as the cause of a `CallbackError`. */
  readonly run: (ctx: HookContext, args: HookOutput<Args>) => Promise<void> | void
}

const RETRY: Required<HookRetry> = { attempts: 10, delay: 1, maxDelay: 300 }

/**
 * Defines a user hook.
 *
 * @example
 * const calculate_stats = hook({
 *   args: { major: v.boolean(), depth: v.pipe(v.number(), v.integer()) },
 *   run: async (ctx, { major, depth }) => { await ctx.executeSqlScript('calculate_stats') },
 * })
 */
// The empty default is right: without `args` there is no argument.
// oxlint-disable-next-line typescript/no-empty-object-type
export function hook<const Args extends HookArgs = {}>(
  definition: HookDefinition<Args>,
): Hook<NoInfer<Args>> {
  // Without a compiler it may be anything.
  const given = withoutUndefined<Partial<HookDefinition<Args>>>(isFields(definition) ? definition : {})
  return {
    args: {} as Args,
    atomic: false,
    blocking: true,
    maxConcurrency: 1,
    // What is wrong, or no option, stays: the config's check names it, with the name of the hook.
    ...given,
    retry: retryOf(given.retry),
  } as Hook<Args>
}

const retryOf = (retry: unknown = {}): Required<HookRetry> =>
  isFields(retry) ? { ...RETRY, ...withoutUndefined(retry) } : (retry as Required<HookRetry>)

/** What is not given is undefined as well where a variable of the user's is. */
const withoutUndefined = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields
