import type { Query } from './query.ts'

type Iterable = AsyncIterable<unknown>

export interface CursorOptions {
  /** postgres.js's sentinel by which a cursor's callback ends it. */
  readonly close: unknown
  /** What its statement has failed with; undefined: it has not. */
  readonly failure: () => { readonly error: unknown } | undefined
}

/** A cursor of postgres.js, in either form: told of the loss of its connection, and ended when nobody else does. */
export class Cursor {
  readonly #query: Query
  readonly #options: CursorOptions
  #iterable: Iterable | undefined
  #wasLeft = false

  constructor(query: Query, options: CursorOptions) {
    this.#query = query
    this.#options = options
  }

  /** It was sent, and was not left. */
  get isOpen(): boolean {
    return this.#query.executed && !this.#wasLeft
  }

  /** Ends it for whoever has left it without a word. */
  leave(): void {
    // Not only what is active: one that was sent behind another statement is not yet.
    if (this.#iterable === undefined || !this.#query.executed) return
    this.#query.cursorFn = () => this.#options.close
    void this.#iterable[Symbol.asyncIterator]().return?.()
  }

  /** After a loss postgres.js would write to a socket that is gone, in answer to what the callback returns. */
  watchEach(each: unknown): unknown {
    if (typeof each !== 'function') return each
    return async (rows: unknown) => {
      try {
        return (await each(rows)) as unknown
      } finally {
        if (this.#options.failure() !== undefined) await new Promise<never>(() => {})
      }
    }
  }

  /** A postgres.js cursor whose connection is lost between two batches says that it is at its end. */
  watch(iterable: Iterable): Iterable {
    this.#iterable = iterable
    return {
      [Symbol.asyncIterator]: () => {
        const inner = iterable[Symbol.asyncIterator]()
        return {
          next: async () => {
            const failure = this.#options.failure()
            if (failure !== undefined) throw failure.error
            return inner.next()
          },
          return: async () => {
            this.#wasLeft = true
            if (this.#options.failure() === undefined) await inner.return?.()
            return { done: true, value: undefined }
          },
        }
      },
    }
  }
}
