import type { Hook, HookArgs, HookInput } from './hook.ts'

// `{}` would accept any argument; a type with a key that nobody writes makes the compiler name the one too many. A text, for a
// symbol of ours could not be named in the declarations of a project that exports its config.
// An alias, because an interface would not fit the records of arguments that a `Config` of any hooks has.
type HookTakesNoArguments = { readonly 'this hook takes no arguments'?: never }

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
