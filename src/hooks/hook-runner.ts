import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { isInTransaction } from '../database/transaction-scope.ts'
import { LightSignal } from '../light-signal.ts'
import { CallbackCaller, type Place } from './callback-caller.ts'
import { checkArguments } from './check-arguments.ts'
import type { Firing } from './context.ts'
import type { Surroundings } from './create-context.ts'
import { describeFiring } from './describe-firing.ts'
import { explainFailure } from './explain-failure.ts'
import { findHook } from './find-hook.ts'
import { fireSystem } from './fire-system.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type {
  FireRequest,
  HandlerCall,
  HookRunnerOptions,
  QueueRequestFromOutside,
} from './hook-runner-options.ts'
import type { SystemHookName } from './hook.ts'
import { inTransaction } from './in-transaction.ts'
import { OutsideQueue } from './outside-queue.ts'
import { refuseRollback } from './refuse-rollback.ts'
import { runQueued } from './run-queued.ts'
import { DROPPED, tellFiring } from './tell-firing.ts'

/** Runs hooks and handlers: checks arguments, makes their contexts, puts them into the right transaction, tells the outcome. */
export class HookRunner {
  readonly #options: HookRunnerOptions
  readonly #outside: OutsideQueue
  readonly #caller: CallbackCaller

  constructor(options: HookRunnerOptions) {
    this.#options = options
    this.#outside = new OutsideQueue(options)
    this.#caller = new CallbackCaller(options, (hook, args, from) =>
      this.#fire({ hook, args, origin: from.origin }, from),
    )
  }

  /**
   * Fires a user hook; resolves when it has ended.
   * @throws UnknownHookError, CallbackTypeError, CallbackError
   */
  fire(request: FireRequest): Promise<void> {
    return this.#fire(request, undefined)
  }

  /**
   * Queues a durable firing; resolves when that is committed, and its event has told of it.
   * @throws UnknownHookError, CallbackTypeError
   */
  queue(request: QueueRequestFromOutside): Promise<void> {
    return this.#outside.add(request)
  }

  /** Fires a system hook; with `transaction` all of it runs in that. @throws CallbackError, SqlScriptError */
  fireSystem(
    name: SystemHookName,
    args: readonly unknown[],
    { transaction }: { readonly transaction?: Transaction } = {},
  ): Promise<void> {
    return fireSystem({ name, args, transaction }, this.#caller, this.#options)
  }

  /** Runs a handler in the transaction of its levels. What it fires is of the last one. @throws CallbackError */
  runHandler(call: HandlerCall): Promise<void> {
    return this.#caller.callHandler(call)
  }

  /**
   * Runs a durable firing and takes it off the queue. Resolves, too, when it was dropped meanwhile.
   * @param ended called when a hook that is not atomic has ended well, before that is noted
   * @throws UnknownHookError, CallbackTypeError, CallbackError, FiringLostError
   */
  async fireQueued(queued: QueuedFiring, ended?: () => void): Promise<void> {
    const { id, hook, args, origin, attempts } = queued
    const firing: Firing = { id, hook, origin, attempt: attempts + 1 }
    await this.#outside.told(id)
    try {
      await tellFiring(
        firing,
        args,
        (signal) => runQueued({ queued, firing, signal, ended }, this.#caller, this.#options),
        this.#options,
      )
    } catch (error) {
      if (error !== DROPPED) throw error
    }
  }

  #fire(request: FireRequest, above: Surroundings | undefined): Promise<void> {
    const { hook, args = {}, origin, id = randomUUID(), awaited: outside = false } = request
    const firing: Firing = { id, hook, origin, attempt: 1 }
    const work = async (stopped: LightSignal): Promise<void> => {
      const awaited =
        outside ||
        (above !== undefined && (above.awaited || above.transaction !== undefined || isInTransaction()))
      const run = (signal: LightSignal): Promise<void> =>
        this.#run(firing, args, { transaction: above?.transaction, awaited, signal, level: above?.level })
      const others = [request.signal, above?.signal].filter((other) => other !== undefined)
      await (others.length === 0 ? run(stopped) : LightSignal.during(run, stopped, ...others))
    }
    return tellFiring(firing, args, work, this.#options)
  }

  async #run(firing: Firing, args: unknown, above: Place): Promise<void> {
    const hook = findHook(this.#options.hooks, firing.hook)
    const checked = await checkArguments(describeFiring(firing), hook, args)
    const run = (transaction: Transaction | undefined): Promise<void> =>
      this.#caller.call(firing, placeOf(above, transaction), (ctx) =>
        hook.run(Object.assign(ctx, { firing, rollback: refuseRollback(firing) }), checked),
      )
    try {
      await inTransaction(hook, above, this.#options, run)
    } catch (error) {
      throw explainFailure(describeFiring(firing), error, above)
    }
  }
}

/** A firing that is not in its transaction any more has no level to go with. */
function placeOf(above: Place, transaction: Transaction | undefined): Place {
  return { ...above, transaction, level: transaction === undefined ? undefined : above.level }
}
