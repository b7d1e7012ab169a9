import type { Transaction } from '../database/database.ts'
import { ConfigurationError, FiringLostError } from '../errors.ts'
import type { LightSignal } from '../light-signal.ts'
import type { CallbackCaller, Place } from './callback-caller.ts'
import { checkArguments } from './check-arguments.ts'
import type { Firing } from './context.ts'
import { describeFiring } from './describe-firing.ts'
import { explainFailure } from './explain-failure.ts'
import { findHook } from './find-hook.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { HookRunnerOptions } from './hook-runner-options.ts'
import { inTransaction } from './in-transaction.ts'
import { refuseRollback } from './refuse-rollback.ts'
import { DROPPED } from './tell-firing.ts'

export interface QueuedRun {
  readonly queued: QueuedFiring
  readonly firing: Firing
  readonly signal: LightSignal
  /** Called when a hook that is not atomic has ended well, before that is noted. */
  readonly ended: (() => void) | undefined
}

/**
 * Runs a durable firing and takes it off the queue: in one transaction where the hook is atomic, so that its effect is there exactly
 * when the firing is gone.
 * @throws DROPPED when it was dropped meanwhile; UnknownHookError, ConfigurationError, CallbackTypeError, CallbackError, FiringLostError
 */
export async function runQueued(
  { queued, firing, signal, ended }: QueuedRun,
  caller: CallbackCaller,
  options: HookRunnerOptions,
): Promise<void> {
  const { claims } = options
  const { args, reverting } = queued
  const hook = findHook(options.hooks, firing.hook)
  if (reverting && hook.onReverted === undefined) throw noCompensation(firing)
  const checked = await checkArguments(describeFiring(firing), hook, args)
  const place: Place = { transaction: undefined, awaited: false, signal, level: undefined }
  const call = (transaction: Transaction | undefined): Promise<void> =>
    caller.call(firing, { ...place, transaction }, async (base) => {
      const ctx = Object.assign(base, { firing, rollback: refuseRollback(firing) })
      await (reverting ? hook.onReverted?.(ctx, checked) : hook.run(ctx, checked))
    })
  const found = async (isThere: Promise<boolean>): Promise<void> => {
    // Not an error of anybody's: a reorg or a person took it away.
    if (!(await isThere)) throw (await claims.exists(firing.id)) ? takenOver(firing) : DROPPED
  }
  let isThere: Promise<boolean> | undefined
  const run = async (transaction: Transaction | undefined): Promise<void> => {
    isThere ??= queued.begun ? Promise.resolve(true) : (queued.beginning ?? claims.begin(queued))
    await found(isThere)
    await call(transaction)
    if (transaction !== undefined) return
    ended?.()
    await claims.finish(queued)
  }
  try {
    // It may be what ends its processes: without this, for ever.
    if (hook.atomic && queued.leftBehind) await found(claims.count(queued))
    await inTransaction(hook, place, options, run, {
      first: (sql) => (isThere = claims.lock(sql, queued)),
      last: claims.finishing,
    })
  } catch (error) {
    const untold = error === DROPPED || error instanceof FiringLostError
    throw untold ? error : explainFailure(describeFiring(firing), error, { awaited: false })
  }
}

/** It was queued while the hook had one. */
function noCompensation({ id, hook }: Firing): ConfigurationError {
  const message = `is missing: the level of firing ${id} left the chain after it had run, and this is to undo it`
  return new ConfigurationError([{ path: `hooks.${hook}.onReverted`, message }], {
    hint: 'Put it back, then `pawl hooks retry`; or `pawl hooks drop`, where nothing is to be undone.',
  })
}

/** It was given up, or it was changed since it was read. */
function takenOver({ id, hook }: Firing): FiringLostError {
  return new FiringLostError(
    `firing ${id} of hook "${hook}" is not this process's any more, and was not run by it`,
  )
}
