import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { AskedRollback } from './asked-rollback.ts'
import type { CallbackCaller } from './callback-caller.ts'
import type { Firing, HookContext } from './context.ts'
import type { SystemHookName } from './hook.ts'
import type { HookRunnerOptions } from './hook-runner-options.ts'
import { refuseRollback } from './refuse-rollback.ts'
import { runSystemScripts } from './run-system-scripts.ts'
import { asSystemHook } from './system-hook-scope.ts'
import { tellFiring } from './tell-firing.ts'

export interface SystemCall {
  readonly name: SystemHookName
  readonly args: readonly unknown[]
  /** All of it runs in this one. */
  readonly transaction: Transaction | undefined
}

/**
 * Fires a system hook: the scripts of `sql/<name>`, then the config's callback, which finds done what they do – but the
 * scripts of `on_index_rollback` come last, after the rollback.
 * @throws CallbackError, SqlScriptError
 */
export async function fireSystem(
  { name, args, transaction }: SystemCall,
  caller: CallbackCaller,
  options: HookRunnerOptions,
): Promise<void> {
  const { directory, rollback, systemHooks } = options
  const firing: Firing = { id: randomUUID(), hook: name, origin: { type: 'lifecycle' }, attempt: 1 }
  const isRollback = name === 'on_index_rollback'
  const named = isRollback ? { index: args[0], fromLevel: args[1], toLevel: args[2] } : {}
  // Three signatures in one: the arguments are those of the hook's name.
  const callback = systemHooks[name] as
    | ((ctx: HookContext, ...args: unknown[]) => Promise<void> | void)
    | undefined
  const run = async (ctx: HookContext, asked: AskedRollback | undefined): Promise<void> => {
    const scripts = (): Promise<void> => runSystemScripts(name, { directory, args, sql: ctx.sql })
    if (asked === undefined) {
      await scripts()
      await callback?.(ctx, ...args)
      return
    }
    try {
      await (callback === undefined ? asked.runNow() : callback(ctx, ...args))
    } finally {
      await asked.settled()
    }
    await asked.done()
    await scripts()
  }
  await tellFiring(
    firing,
    named,
    async (signal) => {
      const asked = isRollback
        ? new AskedRollback(args as Parameters<HookContext['rollback']>, rollback)
        : undefined
      const place = { transaction, awaited: transaction !== undefined, signal, level: undefined }
      await caller.call(firing, place, (base) =>
        asSystemHook(name, () =>
          run(Object.assign(base, { firing, rollback: asked?.run ?? refuseRollback(firing) }), asked),
        ),
      )
    },
    options,
  )
}
