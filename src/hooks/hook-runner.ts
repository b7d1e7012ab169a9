import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { HookConfigs } from '../config/config.ts'
import type { Database, Sql, Transaction } from '../database/database.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import { CallbackError, PawlError, StoppingError, UnknownHookError } from '../errors.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { checkArguments } from './check-arguments.ts'
import type {
  BaseContext,
  Firing,
  FiringOrigin,
  HandlerContext,
  HookContext,
  IndexStatus,
} from './context.ts'
import { explainFailure } from './explain-failure.ts'
import { SYSTEM_HOOKS, type Hook, type SystemHookName } from './hook.ts'
import { runFiles, runQuery, runScript } from './sql-script/run-script.ts'
import { lookForScripts } from './sql-script/find-scripts.ts'

/** The callbacks of the lifecycle, as the config has them. */
export interface SystemHooks {
  readonly on_restart?: (ctx: HookContext) => Promise<void> | void
  readonly on_reindex?: (ctx: HookContext) => Promise<void> | void
  readonly on_synchronized?: (ctx: HookContext) => Promise<void> | void
  readonly on_index_rollback?: (
    ctx: HookContext,
    index: string,
    fromLevel: number,
    toLevel: number,
  ) => Promise<void> | void
}

export interface HookRunnerOptions {
  readonly database: Database
  readonly hooks: HookConfigs
  readonly systemHooks: SystemHooks
  /** The project's: `sql/` is in it. */
  readonly directory: string
  readonly logger: Logger
  readonly clock: Clock
  readonly datasources: Readonly<Record<string, Datasource>>
  readonly indexes: () => Readonly<Record<string, IndexStatus>>
  /** Runs work while no level is in flight. */
  readonly exclusive: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>
  readonly rollback: (index: string, fromLevel: number, toLevel: number) => Promise<void>
  readonly emit: EmitPawlEvent
  /** Makes a firing seen, and aborts it when Pawl stops. Settles as `work` does. */
  readonly track: (firing: Firing, work: (signal: AbortSignal) => Promise<void>) => Promise<void>
}

export interface FireRequest {
  readonly hook: string
  readonly args?: Readonly<Record<string, unknown>>
  readonly origin: FiringOrigin
  readonly id?: string
  /** Aborted when whoever fired does not want it any more: a daemon that is to end. */
  readonly signal?: AbortSignal
}

export interface HandlerCall {
  readonly index: string
  readonly handler: (ctx: HandlerContext, block: BlockRef) => Promise<void> | void
  readonly transaction: Transaction
  readonly block: BlockRef
  readonly signal: AbortSignal
}

/** Where code runs, for what it fires in turn. */
interface Surroundings {
  /** The transaction that `ctx.sql` is bound to. */
  readonly transaction: Transaction | undefined
  /** A level is in flight above: it holds the gate, and perhaps locks. */
  readonly level: boolean
  readonly signal: AbortSignal
  readonly logger: Logger
  /** As the origin of what is fired from here. */
  readonly origin: FiringOrigin
  /** Set when the callback has ended: its context is no longer good. */
  over: boolean
}

/** Runs hooks and handlers: checks arguments, makes their contexts, puts them into the right transaction, tells the outcome. */
export class HookRunner {
  readonly #options: HookRunnerOptions

  constructor(options: HookRunnerOptions) {
    this.#options = options
  }

  /**
   * Fires a user hook; resolves when it has ended.
   * @throws UnknownHookError, CallbackTypeError, CallbackError
   */
  fire(request: FireRequest): Promise<void> {
    return this.#fire(request, undefined)
  }

  /**
   * Fires a system hook: the config's callback, then the scripts of `sql/<name>`. With `transaction` all of it runs in that.
   * @throws CallbackError, SqlScriptError
   */
  async fireSystem(
    name: SystemHookName,
    args: readonly unknown[],
    { transaction }: { readonly transaction?: Transaction } = {},
  ): Promise<void> {
    const firing: Firing = { id: randomUUID(), hook: name, origin: { type: 'lifecycle' } }
    const named = name === 'on_index_rollback' ? { index: args[0], fromLevel: args[1], toLevel: args[2] } : {}
    await this.#told(firing, named, (signal) =>
      this.#within({ transaction, level: false, signal, firing }, async (ctx) => {
        let rolledBack = false
        const rollback: HookContext['rollback'] = async (...range) => {
          await this.#options.rollback(...range)
          rolledBack = true
        }
        const callback = this.#options.systemHooks[name] as
          | ((ctx: HookContext, ...args: unknown[]) => Promise<void> | void)
          | undefined
        const fallback = name === 'on_index_rollback' ? rollback : undefined
        if (callback !== undefined) await callback({ ...ctx, rollback }, ...args)
        else if (fallback !== undefined) await fallback(...(args as Parameters<typeof rollback>))
        if (fallback !== undefined && !rolledBack) {
          throw new CallbackError(
            `on_index_rollback returned without ctx.rollback(index, fromLevel, toLevel)`,
            {
              hint: 'Rows of blocks that left the chain would stay. Call ctx.rollback, or leave the hook out: that is its default.',
            },
          )
        }
        const scripts = await lookForScripts(this.#options.directory, name)
        if (scripts !== undefined) {
          await runFiles(scripts, { directory: this.#options.directory, args, sql: ctx.sql })
        }
      }),
    )
  }

  /** Runs a handler in its level's transaction. @throws CallbackError */
  async runHandler({ index, handler, transaction, block, signal }: HandlerCall): Promise<void> {
    const surroundings: Surroundings = {
      transaction,
      level: true,
      signal,
      logger: this.#options.logger.child({ index, level: block.level }),
      origin: { type: 'handler', index, level: block.level },
      over: false,
    }
    try {
      await handler({ ...this.#context(surroundings), index }, block)
    } catch (error) {
      if (error instanceof PawlError && !(error instanceof CallbackError)) throw error
      throw explainFailure(`the handler of index "${index}" failed at level ${block.level}`, error)
    } finally {
      surroundings.over = true
    }
  }

  async #fire(request: FireRequest, above: Surroundings | undefined): Promise<void> {
    const { hook: name, args = {}, origin, id = randomUUID() } = request
    const firing: Firing = { id, hook: name, origin }
    await this.#told(firing, args, async (stopped) => {
      const signal = request.signal === undefined ? stopped : AbortSignal.any([stopped, request.signal])
      const hook = this.#find(name)
      const checked = await checkArguments(name, hook, args)
      const run = (transaction: Transaction | undefined): Promise<void> =>
        this.#within({ transaction, level: above?.level ?? false, signal, firing }, async (ctx) =>
          hook.run(ctx, checked),
        )
      await this.#inTransaction(hook, above, signal, run)
    })
  }

  /** Puts an atomic hook into the transaction that it belongs to. */
  #inTransaction(
    hook: Hook,
    above: Surroundings | undefined,
    signal: AbortSignal,
    run: (transaction: Transaction | undefined) => Promise<void>,
  ): Promise<void> {
    if (!hook.atomic) return run(undefined)
    if (above?.transaction !== undefined) return above.transaction.savepoint(run)
    const alone = (): Promise<void> => this.#options.database.transaction(run, { signal })
    // Below a handler the level waits for us already: waiting for the level in turn would never end.
    return hook.blocking && above?.level !== true ? this.#options.exclusive(alone, signal) : alone()
  }

  #find(name: string): Hook {
    const { hooks } = this.#options
    const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined
    if (hook !== undefined) return hook
    if ((SYSTEM_HOOKS as readonly string[]).includes(name)) {
      throw new UnknownHookError(
        `"${name}" is a system hook: the lifecycle fires it, it cannot be fired by hand`,
      )
    }
    const names = Object.keys(hooks)
    throw new UnknownHookError(`there is no hook "${name}"${didYouMean(name, names)}`, {
      hint: names.length === 0 ? 'The config has no hooks.' : `The config has ${listWords(names)}.`,
    })
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
      emit({ type: 'hook.finished', ...event, duration: clock.now() - started })
    } catch (error) {
      emit({ type: 'hook.failed', ...event, duration: clock.now() - started, error })
      throw error
    }
  }

  /** Gives a callback its context, for as long as it runs. */
  async #within(
    {
      transaction,
      level,
      signal,
      firing,
    }: Pick<Surroundings, 'transaction' | 'level' | 'signal'> & { readonly firing: Firing },
    callback: (ctx: HookContext) => Promise<void> | void,
  ): Promise<void> {
    const surroundings: Surroundings = {
      transaction,
      level,
      signal,
      logger: this.#options.logger.child({ hook: firing.hook, firing: firing.id }),
      origin: { type: 'hook', hook: firing.hook, firing: firing.id },
      over: false,
    }
    try {
      await callback({ ...this.#context(surroundings), firing, rollback: refuseRollback(firing) })
    } catch (error) {
      throw error instanceof PawlError ? error : explainFailure(describe(firing), error)
    } finally {
      surroundings.over = true
    }
  }

  #context(surroundings: Surroundings): BaseContext {
    const { database, datasources, directory, indexes } = this.#options
    const sql: Sql =
      surroundings.transaction?.sql ?? (surroundings.level ? database.impatientSql : database.sql)
    const check = (): void => {
      if (surroundings.over) {
        throw new StoppingError(
          'a context was used after its callback had ended: await everything in the callback',
        )
      }
    }
    return {
      sql,
      logger: surroundings.logger,
      signal: surroundings.signal,
      datasources,
      get indexes() {
        return indexes()
      },
      fireHook: async (hook, args = {}) => {
        check()
        await this.#fire({ hook, args, origin: surroundings.origin }, surroundings)
      },
      executeSqlScript: async (name, args = []) => {
        check()
        await runScript({ directory, name, args, sql })
      },
      executeSqlQuery: async (name, args = []) => {
        check()
        return runQuery({ directory, name, args, sql })
      },
    }
  }
}

function refuseRollback({ hook }: Firing): HookContext['rollback'] {
  return async () => {
    throw new CallbackError(`hook "${hook}" called ctx.rollback, which only on_index_rollback may`)
  }
}

function describe({ hook, origin }: Firing): string {
  switch (origin.type) {
    case 'lifecycle':
      return `${hook} failed`
    case 'outside':
      return `hook "${hook}" failed`
    case 'handler':
      return `hook "${hook}", fired by the handler of index "${origin.index}" at level ${origin.level}, failed`
    case 'hook':
      return `hook "${hook}", fired by hook "${origin.hook}", failed`
    case 'job':
      return `hook "${hook}", fired by job "${origin.job}", failed`
    default:
      return origin satisfies never
  }
}
