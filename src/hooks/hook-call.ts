import type { Hook, HookArgs, HookInput } from './hook.ts'

declare const noArgument: unique symbol
// `{}` would accept any argument; a type with a key that nobody can write makes the compiler name the one too many.
// An alias, because an interface would not fit the records of arguments that a `Config` of any hooks has.
type HookTakesNoArguments = { readonly [noArgument]?: never }

/** `args` of a call: may be left out where every argument may. */
export type HookCallArgs<Args extends HookArgs> = [keyof Args] extends [never]
  ? { readonly args?: HookTakesNoArguments }
  : Record<never, never> extends HookInput<Args>
    ? { readonly args?: HookInput<Args> }
    : { readonly args: HookInput<Args> }

/** One of these hooks by its name, with arguments that fit it. */
export type HookCall<Hooks extends Readonly<Record<string, Hook>>> = {
  [Name in keyof Hooks & string]: { readonly hook: Name } & HookCallArgs<Hooks[Name]['args']>
}[keyof Hooks & string]
