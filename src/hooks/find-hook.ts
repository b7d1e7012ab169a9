import type { HookConfigs } from '../config/config.ts'
import { UnknownHookError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { SYSTEM_HOOKS, type Hook } from './hook.ts'

/** A user hook by its name. @throws UnknownHookError that says which there are */
export function findHook(hooks: HookConfigs, name: string): Hook {
  // From JavaScript it may be anything.
  if (typeof (name as unknown) !== 'string')
    throw new UnknownHookError(`expected the name of a hook, got ${describeValue(name)}`)
  const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined
  if (hook !== undefined) return hook
  if ((SYSTEM_HOOKS as readonly string[]).includes(name)) {
    throw new UnknownHookError(
      `"${name}" is a system hook: the lifecycle fires it, it cannot be fired by hand`,
      { hint: 'Put what both need into a function, and call it from both.' },
    )
  }
  const names = Object.keys(hooks)
  throw new UnknownHookError(`there is no hook "${name}"${didYouMean(name, names)}`, {
    hint: names.length === 0 ? 'The config has no hooks.' : `The config has ${listWords(names)}.`,
  })
}
