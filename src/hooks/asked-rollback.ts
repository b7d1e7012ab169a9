import { CallbackError, RollbackMisuseError } from '../errors.ts'
import type { HookContext } from './context.ts'

type Rollback = HookContext['rollback']

/** The one rollback that `on_index_rollback` was called for: it has to happen, and happens once. */
export class AskedRollback {
  readonly #range: Parameters<Rollback>
  readonly #rollback: Rollback
  #running: Promise<void> | undefined
  #refused: RollbackMisuseError | undefined

  constructor(range: Parameters<Rollback>, rollback: Rollback) {
    this.#range = range
    this.#rollback = rollback
  }

  /** As `ctx.rollback`. @throws RollbackMisuseError for other levels or another index */
  readonly run: Rollback = (...range) => {
    const running = this.#check(range) ?? this.runNow()
    // A failure that the callback does not await comes out of `done`; it does not end the process.
    running.catch(() => {})
    return running
  }

  runNow(): Promise<void> {
    this.#running ??= this.#rollback(...this.#range)
    return this.#running
  }

  /** Resolves when what was asked for has ended, whichever way. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {})
  }

  /** Resolves when it has happened, also where the callback did not await it. @throws CallbackError when it was never called */
  async done(): Promise<void> {
    if (this.#running === undefined) {
      throw new CallbackError('on_index_rollback returned without calling ctx.rollback', {
        ...(this.#refused === undefined ? {} : { cause: this.#refused }),
        hint: 'Rows of blocks that left the chain would stay. Call ctx.rollback(index, fromLevel, toLevel), or leave the hook out: that is its default.',
      })
    }
    await this.#running
  }

  #check(range: Parameters<Rollback>): Promise<never> | undefined {
    if (this.#range.every((part, at) => part === range[at])) return undefined
    this.#refused = new RollbackMisuseError(
      `on_index_rollback called ctx.rollback(${words(range)}), but was itself called for ${words(this.#range)}`,
      { hint: 'Pass index, fromLevel and toLevel on as they come.' },
    )
    return Promise.reject(this.#refused)
  }
}

const words = (range: Parameters<Rollback>): string =>
  range.map((part) => (typeof part === 'string' ? `"${part}"` : String(part))).join(', ')
