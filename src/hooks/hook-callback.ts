import type { Config } from '../config/config.ts'
import type { HookContext } from './context.ts'
import type { SystemHookName } from './hook.ts'
import type { HookName, ProjectHooks } from './project-hooks.ts'

type OutputOf<Name> = Name extends keyof ProjectHooks
  ? ProjectHooks[Name] extends { readonly output: infer Output }
    ? Output
    : never
  : Readonly<Record<string, unknown>>

/**
 * The callback of a hook of `pawl.yaml`, which its file in `hooks/` exports: a user hook by its name, or a system hook.
 *
 * @example
 * export const calculate_stats: HookCallback<'calculate_stats'> = async (ctx, { major, depth }) => {
 *   await ctx.executeSqlScript('calculate_stats', [major, depth])
 * }
 */
// The names are few where `pawl-env.d.ts` says so.
// oxlint-disable-next-line typescript/no-redundant-type-constituents
export type HookCallback<Name extends HookName | SystemHookName> = Name extends SystemHookName
  ? NonNullable<Config[Name]>
  : (ctx: HookContext, args: OutputOf<Name>) => Promise<void> | void
