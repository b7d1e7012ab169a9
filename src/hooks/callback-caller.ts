import { randomUUID } from 'node:crypto'
import { CallbackTypeError, UnknownHookError } from '../errors.ts'
import type { HookRunnerOptions, HandlerCall } from './hook-runner-options.ts'
import type { BaseContext, Firing, FiringOrigin } from './context.ts'
import { createContext, type ContextOptions, type Surroundings } from './create-context.ts'
import { describeFiring } from './describe-firing.ts'
import { explainFailure, explainHandlerFailure } from './explain-failure.ts'
import { queueFiring } from './queue-firing.ts'

/** What a callback takes over from where it was fired. */
export type Place = Pick<Surroundings, 'transaction' | 'awaited' | 'signal' | 'level'>

/** Calls hooks and handlers with their contexts, each for as long as its callback runs. */
export class CallbackCaller {
  readonly #tools: ContextOptions

  /** @param fire fires what callbacks fire without waiting for a place on the queue */
  constructor(options: HookRunnerOptions, fire: ContextOptions['fire']) {
    const { hooks } = options
    this.#tools = {
      ...options,
      fire,
      queue: async (sql, hook, args, how, { origin, level }) => {
        const id = randomUUID()
        try {
          await queueFiring(sql, { hook, args, origin, level, options: how, id }, options)
        } catch (error) {
          // Whoever fired may not be waiting for it.
          const isRefused = error instanceof UnknownHookError || error instanceof CallbackTypeError
          if (isRefused) options.emit({ type: 'hook.failed', firing: id, hook, origin, duration: 0, error })
          throw error
        }
      },
      joins: (hook) => Object.hasOwn(hooks, hook) && hooks[hook]?.atomic === true,
    }
  }

  /** Of a hook. @throws CallbackError */
  async call(
    firing: Firing,
    { transaction, awaited, signal, level }: Place,
    callback: (ctx: BaseContext) => Promise<void> | void,
  ): Promise<void> {
    const { id, hook } = firing
    const { ctx, end } = createContext(
      {
        name: `hook "${hook}"`,
        transaction,
        awaited,
        signal,
        level,
        logFields: { hook, firing: id },
        origin: { type: 'hook', hook, firing: id },
      },
      this.#tools,
    )
    try {
      await callback(ctx)
    } catch (error) {
      throw explainFailure(describeFiring(firing), error, { awaited })
    } finally {
      await end()
    }
  }

  /** In the transaction of its levels. What it fires is of the last one. @throws CallbackError */
  async callHandler({ index, handler, transaction, blocks, signal }: HandlerCall): Promise<void> {
    const level = blocks.at(-1)?.level ?? 0
    const place = blocks.length > 1 ? `levels ${blocks[0]?.level} to ${level}` : `level ${level}`
    const name = `the handler of index "${index}" at ${place}`
    const origin: FiringOrigin = { type: 'handler', index, level }
    const { ctx, end } = createContext(
      {
        name,
        transaction,
        awaited: true,
        signal,
        level: { index, level },
        logFields: { index, level },
        origin,
      },
      this.#tools,
    )
    try {
      await handler(Object.assign(ctx, { index }))
    } catch (error) {
      throw explainHandlerFailure(name, error)
    } finally {
      await end()
    }
  }
}
