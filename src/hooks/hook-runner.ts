import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database/database.ts'
import { isInTransaction } from '../database/transaction-scope.ts'
import { FiringLostError, RollbackMisuseError } from '../errors.ts'
import { linkSignals } from '../link-signals.ts'
import { AskedRollback } from './asked-rollback.ts'
import { checkArguments } from './check-arguments.ts'
import type { BaseContext, Firing, FiringOrigin, HookContext } from './context.ts'
import { createContext, type Surroundings } from './create-context.ts'
import { describeFiring } from './describe-firing.ts'
import { explainFailure, explainHandlerFailure } from './explain-failure.ts'
import { findHook } from './find-hook.ts'
import type { QueuedFiring } from './firing-claims.ts'
import type {
  FireRequest,
  HandlerCall,
  HookRunnerOptions,
  QueueRequestFromOutside,
} from './hook-runner-options.ts'
import type { SystemHookName } from './hook.ts'
import { inTransaction } from './in-transaction.ts'
import { OutsideQueue } from './outside-queue.ts'
import { queueFiring } from './queue-firing.ts'
import { runSystemScripts } from './run-system-scripts.ts'

type Rollback = HookContext['rollback']

/** What a callback takes over from where it was fired. */
type Place = Pick<Surroundings, 'transaction' | 'awaited' | 'signal' | 'level'>

/** Thrown by a durable firing that is not on the queue any more. */
const DROPPED = new Error('the firing was dropped')

/** Runs hooks and handlers: checks arguments, makes their contexts, puts them into the right transaction, tells the outcome. */
export class HookRunner {
  readonly #options: HookRunnerOptions
  readonly #outside: OutsideQueue

  constructor(options: HookRunnerOptions) {
    this.#options = options
    this.#outside = new OutsideQueue(options)
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

  /**
   * Fires a system hook: the scripts of `sql/<name>`, then the config's callback, which finds done what they do – but the
   * scripts of `on_index_rollback` come last, after the rollback. With `transaction` all of it runs in that.
   * @throws CallbackError, SqlScriptError
   */
  async fireSystem(
    name: SystemHookName,
    args: readonly unknown[],
    { transaction }: { readonly transaction?: Transaction } = {},
  ): Promise<void> {
    const firing: Firing = { id: randomUUID(), hook: name, origin: { type: 'lifecycle' }, attempt: 1 }
    const isRollback = name === 'on_index_rollback'
    const named = isRollback ? { index: args[0], fromLevel: args[1], toLevel: args[2] } : {}
    const { directory, rollback, systemHooks } = this.#options
    // Three signatures in one: the arguments are those of the hook's name.
    const callback = systemHooks[name] as
      | ((ctx: HookContext, ...args: unknown[]) => Promise<void> | void)
      | undefined
    await this.#told(firing, named, async (signal) => {
      const asked = isRollback ? new AskedRollback(args as Parameters<Rollback>, rollback) : undefined
      await this.#call(
        { transaction, awaited: transaction !== undefined, signal, firing, level: undefined },
        async (base) => {
          const ctx = Object.assign(base, { firing, rollback: asked?.run ?? refuseRollback(firing) })
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
        },
      )
    })
  }

  /** Runs a handler in the transaction of its levels. What it fires is of the last one. @throws CallbackError */
  async runHandler({ index, handler, transaction, blocks, signal }: HandlerCall): Promise<void> {
    const level = blocks.at(-1)?.level ?? 0
    const place = blocks.length > 1 ? `levels ${blocks[0]?.level} to ${level}` : `level ${level}`
    const name = `the handler of index "${index}" at ${place}`
    const origin: FiringOrigin = { type: 'handler', index, level }
    const logger = this.#options.logger.child({ index, level })
    const { ctx, end } = this.#context({
      name,
      transaction,
      awaited: true,
      signal,
      logger,
      origin,
      level: { index, level },
    })
    try {
      await handler(Object.assign(ctx, { index }))
    } catch (error) {
      throw explainHandlerFailure(name, error)
    } finally {
      await end()
    }
  }

  #fire(request: FireRequest, above: Surroundings | undefined): Promise<void> {
    const { hook, args = {}, origin, id = randomUUID() } = request
    const firing: Firing = { id, hook, origin, attempt: 1 }
    return this.#told(firing, args, async (stopped) => {
      const signals = [stopped, request.signal, above?.signal].filter((signal) => signal !== undefined)
      const { signal, unlink } = linkSignals(...signals)
      const awaited =
        above !== undefined && (above.awaited || above.transaction !== undefined || isInTransaction())
      try {
        await this.#run(firing, args, {
          transaction: above?.transaction,
          awaited,
          signal,
          level: above?.level,
        })
      } finally {
        unlink()
      }
    })
  }

  /**
   * Runs a durable firing and takes it off the queue: in one transaction where the hook is atomic, so that its effect is there
   * exactly when the firing is gone. Resolves, too, when it was dropped meanwhile.
   * @throws UnknownHookError, CallbackTypeError, CallbackError
   */
  async fireQueued(queued: QueuedFiring): Promise<void> {
    const { id, hook, args, origin, attempts } = queued
    const firing: Firing = { id, hook, origin, attempt: attempts + 1 }
    await this.#outside.told(id)
    try {
      await this.#told(firing, args, (signal) => this.#runQueued(firing, queued, signal))
    } catch (error) {
      if (error !== DROPPED) throw error
    }
  }

  async #runQueued(firing: Firing, queued: QueuedFiring, signal: AbortSignal): Promise<void> {
    const { claims } = this.#options
    const { args, reverting } = queued
    const hook = findHook(this.#options.hooks, firing.hook)
    const checked = await checkArguments(describeFiring(firing), hook, args)
    const place: Place = { transaction: undefined, awaited: false, signal, level: undefined }
    const call = (transaction: Transaction | undefined): Promise<void> =>
      this.#call({ ...place, transaction, firing }, async (base) => {
        const ctx = Object.assign(base, { firing, rollback: refuseRollback(firing) })
        await (reverting ? hook.onReverted?.(ctx, checked) : hook.run(ctx, checked))
      })
    let isThere: Promise<boolean> | undefined
    const run = async (transaction: Transaction | undefined): Promise<void> => {
      isThere ??= queued.begun ? Promise.resolve(true) : claims.begin(queued)
      // Not an error of anybody's: a reorg or a person took it away.
      if (!(await isThere)) throw (await claims.exists(firing.id)) ? takenOver(firing) : DROPPED
      await call(transaction)
      if (transaction === undefined) await claims.finish(queued)
    }
    try {
      await inTransaction(hook, place, this.#options, run, {
        first: (sql) => (isThere = claims.lock(sql, queued)),
        last: claims.finishing(queued),
      })
    } catch (error) {
      const untold = error === DROPPED || error instanceof FiringLostError
      throw untold ? error : explainFailure(describeFiring(firing), error, { awaited: false })
    }
  }

  async #run(firing: Firing, args: unknown, above: Place): Promise<void> {
    const hook = findHook(this.#options.hooks, firing.hook)
    const checked = await checkArguments(describeFiring(firing), hook, args)
    const run = (transaction: Transaction | undefined): Promise<void> =>
      this.#call({ ...placeOf(above, transaction), firing }, async (ctx) =>
        hook.run(Object.assign(ctx, { firing, rollback: refuseRollback(firing) }), checked),
      )
    try {
      await inTransaction(hook, above, this.#options, run)
    } catch (error) {
      throw explainFailure(describeFiring(firing), error, above)
    }
  }

  /** Runs a firing as an actor and emits its start and its end. */
  async #told(
    firing: Firing,
    args: Readonly<Record<string, unknown>>,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { clock, emit, track } = this.#options
    const { id, hook, origin } = firing
    const started = clock.now()
    const event = { firing: id, hook, origin }
    emit({ type: 'hook.started', ...event, args })
    try {
      await track(firing, work)
    } catch (error) {
      if (error !== DROPPED) emit({ type: 'hook.failed', ...event, duration: clock.now() - started, error })
      else emit({ type: 'hook.dropped', ...event })
      throw error
    }
    emit({ type: 'hook.finished', ...event, duration: clock.now() - started })
  }

  /** Gives a hook's callback its context, for as long as it runs. */
  async #call(
    { firing, ...surroundings }: Place & { readonly firing: Firing },
    callback: (ctx: BaseContext) => Promise<void>,
  ): Promise<void> {
    const { id, hook } = firing
    const { ctx, end } = this.#context({
      ...surroundings,
      name: `hook "${hook}"`,
      logger: this.#options.logger.child({ hook, firing: id }),
      origin: { type: 'hook', hook, firing: id },
    })
    try {
      await callback(ctx)
    } catch (error) {
      throw explainFailure(describeFiring(firing), error, surroundings)
    } finally {
      await end()
    }
  }

  #context(surroundings: Surroundings) {
    const { hooks } = this.#options
    const { origin, level } = surroundings
    return createContext(surroundings, {
      ...this.#options,
      fire: (hook, args) => this.#fire({ hook, args, origin }, surroundings),
      queue: (sql, hook, args, options) =>
        queueFiring(sql, { hook, args, origin, level, ...options }, this.#options),
      joins: (hook) => Object.hasOwn(hooks, hook) && hooks[hook]?.atomic === true,
    })
  }
}

/** It was given up, or it was changed since it was read. */
function takenOver({ id, hook }: Firing): FiringLostError {
  return new FiringLostError(
    `firing ${id} of hook "${hook}" is not this process's any more, and was not run by it`,
  )
}

function refuseRollback({ hook }: Firing): Rollback {
  return async () => {
    throw new RollbackMisuseError(`hook "${hook}" called ctx.rollback, which only on_index_rollback may`)
  }
}

/** A firing that is not in its transaction any more has no level to go with. */
function placeOf(above: Place, transaction: Transaction | undefined): Place {
  return { ...above, transaction, level: transaction === undefined ? undefined : above.level }
}
