import { AsyncLocalStorage } from 'node:async_hooks'
import type { SystemHookName } from './hook.ts'

interface Scope {
  readonly name: SystemHookName
  isOver: boolean
}

const current = new AsyncLocalStorage<Scope>()

/** The system hook that the running code was called in, however far up, if that has not ended. */
export function runningSystemHook(): SystemHookName | undefined {
  const scope = current.getStore()
  return scope === undefined || scope.isOver ? undefined : scope.name
}

/** Runs a system hook's work, and lets what it calls know. */
export async function asSystemHook(name: SystemHookName, work: () => Promise<void>): Promise<void> {
  const scope = { name, isOver: false }
  try {
    await current.run(scope, work)
  } finally {
    // A timer of the user's that was begun in there has its own life.
    scope.isOver = true
  }
}
