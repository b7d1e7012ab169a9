import { Readable, Writable } from 'node:stream'

/** Where a query keeps its statement. */
const STATEMENT = Symbol('statement')

/** What of postgres.js's Query we rely on; pinned by version, and by the tests of sessions. */
export interface Query extends Promise<unknown> {
  [STATEMENT]?: Statement
  /** The text, between the parameters. */
  strings: readonly string[]
  executed: boolean
  /** The text that was sent; undefined: none was. */
  string?: string
  /** Called with each batch of a cursor's rows. */
  cursorFn: ((rows: unknown) => unknown) | null
  /** What it is handed to when it starts: decides about the connection. */
  handler: (query: Query) => unknown
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
  handle(): unknown
  cursor(rows?: unknown, each?: unknown): unknown
}

/** Decides about statements, and knows which run. */
export interface StatementGate {
  /** Why this statement may not start now; undefined: it may. */
  refusal(statement: Statement): Error | undefined
  started(statement: Statement): void
  settled(statement: Statement): void
  /** What has to be sent before the statement that starts now; undefined: nothing. Resolves when it is. */
  before?(): Promise<void> | undefined
  /** true: a failure shows anyway, because it fails a transaction. */
  readonly transactional: boolean
  /** What the error of a statement is to be thrown as. */
  errorOf(error: unknown): unknown
  /** Takes the query to a connection; left out: to the one that made it. */
  send?(query: Query, statement: Statement): void
}

type Iterable = AsyncIterable<unknown>

/**
 * A cursor replaces its `resolve` and `reject` at each step. Of other queries they are plain members, as postgres.js made them:
 * accessors would make each a slow object to V8, which took 8 % of the CPU of a hook of 25 statements.
 */
const CURSOR_MEMBERS: PropertyDescriptorMap & ThisType<Query & { [STATEMENT]: Statement }> = {
  resolve: {
    get: () => resolve,
    set(other: Query['resolve']) {
      this[STATEMENT].settleBy(other, undefined)
    },
  },
  reject: {
    get: () => reject,
    set(other: Query['reject']) {
      this[STATEMENT].settleBy(undefined, other)
    },
  },
}

// In place of a query's own, which postgres.js calls as methods. The same functions for all queries, and methods instead of closures
// below: what V8 has learnt of a function is lost with it, and one that is made for each query is never compiled.
function resolve(this: Query, value: unknown): void {
  this[STATEMENT]?.resolve(value)
}

function reject(this: Query, error: unknown): void {
  this[STATEMENT]?.reject(error)
}

function handle(this: Query): unknown {
  return this[STATEMENT]?.handle()
}

function cursor(this: Query, rows?: unknown, each?: unknown): unknown {
  return this[STATEMENT]?.cursor(rows, each)
}

/** A postgres.js query, with its start passing a gate, and its end known – also of cursors and of COPY. */
export class Statement {
  readonly #query: Query
  readonly #gate: StatementGate
  readonly #close: unknown
  #resolve: Query['resolve']
  #reject: Query['reject']
  #failure: { readonly error: unknown } | undefined
  #stream: Readable | Writable | undefined
  #iterable: Iterable | undefined
  #isCursor = false
  /** It waits for what has to be sent before it. */
  #starting: Promise<unknown> | undefined
  #isSettled = false
  #done: Promise<void> | undefined
  #tellDone: (() => void) | undefined

  readonly #ownHandle: Query['handle']
  readonly #ownCursor: Query['cursor']

  /** @param close postgres.js's sentinel by which a cursor's callback ends it */
  constructor(query: Query, gate: StatementGate, close: unknown) {
    this.#query = query
    this.#gate = gate
    this.#close = close
    this.#resolve = query.resolve
    this.#reject = query.reject
    this.#ownHandle = query.handle
    this.#ownCursor = query.cursor
    query[STATEMENT] = this
    query.resolve = resolve
    query.reject = reject
    query.handle = handle
    query.cursor = cursor
  }

  /** Its text, without what other fragments and parameters add. */
  get text(): string {
    return this.#query.strings.join(' ')
  }

  /** The whole text, as it was sent; empty before that. */
  get sent(): string {
    return this.#query.string ?? ''
  }

  /** A cursor that was sent, has not come to its end, and was not left. */
  get isOpenCursor(): boolean {
    return this.#isCursor && this.#query.executed && !this.#isSettled
  }

  /** Resolves when the server is done with it, one way or the other. */
  get done(): Promise<void> {
    this.#done ??= this.#isSettled
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#tellDone = resolve
        })
    return this.#done
  }

  /** How whoever waits for the query is told. */
  settleBy(resolve: Query['resolve'] | undefined, reject: Query['reject'] | undefined): void {
    this.#resolve = resolve ?? this.#resolve
    this.#reject = reject ?? this.#reject
  }

  /** Fails it, whatever it waits for. */
  reject(error: unknown): void {
    const known = this.#gate.errorOf(error)
    this.#failure ??= { error: known }
    this.#stream?.destroy(known instanceof Error ? known : undefined)
    this.#reject(known)
    this.#settle()
  }

  cursor(rows: unknown, each: unknown): unknown {
    const query = this.#query
    void Object.defineProperties(query, CURSOR_MEMBERS)
    this.#isCursor = true
    const made = this.#ownCursor.call(query, this.#watchEach(rows), this.#watchEach(each))
    return made === query ? query : this.#watchCursor(made as Iterable)
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#gate.settled(this)
    this.#tellDone?.()
  }

  /**
   * Ends what nobody will end any more: the cursors that were left.
   * @returns false where that is not possible: a COPY that is half done
   */
  finish(): boolean {
    // Not only what is active: one that was sent behind another statement is not yet.
    if (this.#iterable !== undefined && this.#query.executed && !this.#isSettled) {
      this.#query.cursorFn = () => this.#close
      void this.#iterable[Symbol.asyncIterator]().return?.()
    }
    if (this.#stream instanceof Writable) return this.#stream.writableEnded || this.#stream.destroyed
    return this.#stream === undefined || this.#stream.readableEnded || this.#stream.destroyed
  }

  handle(): unknown {
    const query = this.#query
    if (query.executed) return this.#ownHandle.call(query)
    if (this.#starting !== undefined) return this.#starting
    const refusal = this.#gate.refusal(this)
    if (refusal !== undefined) {
      query.executed = true
      this.reject(refusal)
      return Promise.resolve()
    }
    const before = this.#gate.before?.()
    this.#gate.started(this)
    if (this.#gate.send !== undefined) query.handler = () => this.#gate.send?.(query, this)
    // Who started it without awaiting it did not ask to be told; a lost session must not end the process. Not the query's
    // own `then`: that would start it.
    void Promise.prototype.then.call(query, undefined, ignore)
    if (before === undefined) return this.#ownHandle.call(query)
    this.#starting = before.then(
      () => (this.#failure === undefined ? this.#ownHandle.call(query) : undefined),
      (error: unknown) => {
        query.executed = true
        this.reject(error)
      },
    )
    return this.#starting
  }

  resolve(value: unknown): void {
    this.#resolve(value)
    if (value instanceof Readable || value instanceof Writable) {
      // A stream that nobody listens to must not end the process.
      if (this.#gate.transactional) value.on('error', () => {})
    }
    if (value instanceof Writable) {
      this.#stream = value
      value.once('close', () => this.#settle())
    } else if (value instanceof Readable) {
      this.#watchReadable(value)
    } else {
      this.#settle()
    }
  }

  /**
   * COPY … TO STDOUT. postgres.js pauses the socket when the reader is slow, and resumes it when the reader asks for more;
   * a reader that has all or leaves early does not ask.
   */
  #watchReadable(stream: Readable): void {
    this.#stream = stream
    const resume = (): void => {
      // Lost: there is no socket any more.
      if (this.#failure === undefined) stream._read(0)
    }
    const push = stream.push.bind(stream)
    stream.push = (chunk: unknown) => {
      const more = stream.destroyed || push(chunk)
      if (chunk === null) {
        resume()
        this.#settle()
      }
      return more
    }
    stream.once('close', resume)
  }

  /** After a loss postgres.js would write to a socket that is gone, in answer to what the callback returns. */
  #watchEach(each: unknown): unknown {
    if (typeof each !== 'function') return each
    return async (rows: unknown) => {
      try {
        return (await each(rows)) as unknown
      } finally {
        if (this.#failure !== undefined) await new Promise<never>(() => {})
      }
    }
  }

  /** A postgres.js cursor whose connection is lost between two batches says that it is at its end. */
  #watchCursor(iterable: Iterable): Iterable {
    this.#iterable = iterable
    return {
      [Symbol.asyncIterator]: () => {
        const inner = iterable[Symbol.asyncIterator]()
        return {
          next: async () => {
            if (this.#failure !== undefined) throw this.#failure.error
            return inner.next()
          },
          return: async () => {
            this.#isCursor = false
            if (this.#failure === undefined) await inner.return?.()
            return { done: true, value: undefined }
          },
        }
      },
    }
  }
}

function ignore(): void {}
