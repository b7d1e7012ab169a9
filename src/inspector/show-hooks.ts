import type { HookConfigs } from '../config/config.ts'
import { fieldsOf } from './form-fields.ts'
import type { ShownHook } from './shown.ts'

export const showHooks = (hooks: HookConfigs): readonly ShownHook[] =>
  Object.entries(hooks).map(([name, hook]) => ({
    name,
    atomic: hook.atomic,
    blocking: hook.blocking,
    maxConcurrency: hook.maxConcurrency,
    attempts: hook.retry.attempts,
    reversible: hook.onReverted !== undefined,
    fields: fieldsOf(hook.args),
  }))
