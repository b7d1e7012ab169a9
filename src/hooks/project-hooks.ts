import type { FireOptions } from './fire-options.ts'

/**
 * The hooks of the project, by name: what a firing passes, and what the callback gets. Empty, so that any name and any
 * arguments pass, until a generated `pawl-env.d.ts` adds to it.
 *
 * @example
 * declare module 'pawl' {
 *   interface ProjectHooks {
 *     calculate_stats: { input: { major: boolean; depth: number }; output: { major: boolean; depth: number } }
 *   }
 * }
 */
// Added to by declaration merging.
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type
export interface ProjectHooks {}

type IsKnown = [keyof ProjectHooks] extends [never] ? false : true

/** The names that can be fired: any, where the project's hooks are not known to the compiler. */
export type HookName = IsKnown extends true ? Extract<keyof ProjectHooks, string> : string

type InputOf<Name> = Name extends keyof ProjectHooks
  ? ProjectHooks[Name] extends { readonly input: infer Input }
    ? Input
    : never
  : Readonly<Record<string, unknown>>

/** The arguments of `ctx.fireHook` after the name: left out where all of them may be. */
export type FireArguments<Name extends string> =
  Record<never, never> extends InputOf<Name>
    ? [args?: InputOf<Name>, options?: FireOptions]
    : [args: InputOf<Name>, options?: FireOptions]
