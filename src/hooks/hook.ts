import type * as v from 'valibot'
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

/** User code that is not tied to an index: fired by name, or by a job. */
export interface Hook<Args extends HookArgs = HookArgs> {
  readonly args: Args
  /** The callback runs in one transaction that commits or leaves no trace. */
  readonly atomic: boolean
  /** An atomic hook makes the indexing loop wait at a level boundary until it is done. */
  readonly blocking: boolean
  // Method syntax on purpose: bivariant, so that hooks of any arguments fit one record.
  run(ctx: HookContext, args: HookOutput<Args>): Promise<void> | void
}

export interface HookDefinition<Args extends HookArgs> {
  readonly args?: Args
  /** Default: false. */
  readonly atomic?: boolean
  /** Default: true. Only for atomic hooks. */
  readonly blocking?: boolean
  readonly run: (ctx: HookContext, args: HookOutput<Args>) => Promise<void> | void
}

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
export function hook<const Args extends HookArgs = {}>(definition: HookDefinition<Args>): Hook<Args> {
  return {
    args: definition.args ?? ({} as Args),
    atomic: definition.atomic ?? false,
    blocking: definition.blocking ?? true,
    run: definition.run,
  }
}
