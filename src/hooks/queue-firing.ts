import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { HookConfigs } from '../config/config.ts'
import type { Sql } from '../database/database.ts'
import { checkArguments } from './check-arguments.ts'
import type { Firing, FiringOrigin } from './context.ts'
import { describeFiring } from './describe-firing.ts'
import { encodeArguments } from './encode-arguments.ts'
import { findHook } from './find-hook.ts'
import { checkFireOptions, type FireOptions } from './fire-options.ts'
import type { FiringLevel, FiringStore, JobRun } from './firing-store.ts'

export interface QueueRequest {
  readonly hook: string
  readonly args: Readonly<Record<string, unknown>>
  readonly origin: FiringOrigin
  /** Default: a new one. */
  readonly id?: string
  /** The run of a job that it is. */
  readonly run?: JobRun
  /** The level whose transaction `sql` is bound to. */
  readonly level: FiringLevel | undefined
  /** Apart from the rest: a caller may give any, and none of them may be taken for one of the above. */
  readonly options: FireOptions
}

export interface QueueTools {
  readonly hooks: HookConfigs
  readonly store: FiringStore
  readonly clock: Clock
}

/**
 * Checks a durable firing and puts it on the queue, by this `sql`.
 * @returns whether it is new: not one with a key that was fired before, nor of a run whose firing was queued before
 * @throws UnknownHookError, CallbackTypeError
 */
export async function queueFiring(
  sql: Sql,
  { hook: name, args, origin, id = randomUUID(), level, run, options }: QueueRequest,
  { hooks, store, clock }: QueueTools,
): Promise<boolean> {
  const firing: Firing = { id, hook: name, origin, attempt: 1 }
  const subject = describeFiring(firing)
  const hook = findHook(hooks, name)
  checkFireOptions(subject, options, level)
  const { confirmations = 0, key } = options
  await checkArguments(subject, hook, args)
  const encoded = encodeArguments(subject, args)
  const reversible = hook.onReverted !== undefined
  return store.add(
    sql,
    { id, hook: name, args: encoded, origin, at: level, confirmations, key, reversible, run },
    new Date(clock.now()),
  )
}
