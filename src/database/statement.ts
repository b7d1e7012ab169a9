import { Readable, Writable } from 'node:stream'
import { TransactionOverError } from '../errors.ts'
import { CopyStream } from './copy-stream.ts'
import { Cursor } from './cursor.ts'
import type { MadeQueries } from './made-queries.ts'
import { becomeCursor, listenerOf, listenTo, type Query, type QueryListener } from './query.ts'
import { addOrigin, type QueryOrigin } from './query-origin.ts'
import type { StatementGate } from './statement-gate.ts'

export interface StatementOptions {
  readonly gate: StatementGate
  /** postgres.js's sentinel by which a cursor's callback ends it. */
  readonly close: unknown
  readonly origin: QueryOrigin
  /** To be told when it is sent. */
  readonly made: MadeQueries | undefined
}

/** A postgres.js query, with its start passing a gate, and its end known – also of cursors and of COPY. */
export class Statement implements QueryListener {
  readonly origin: QueryOrigin
  /** Somebody is told of its failure. Known only of single statements of callbacks. */
  isHeard = false
  readonly #query: Query
  readonly #made: MadeQueries | undefined
  readonly #gate: StatementGate
  readonly #close: unknown
  #resolve: Query['resolve']
  #reject: Query['reject']
  #failure: { readonly error: unknown } | undefined
  #stream: CopyStream | undefined
  #cursor: Cursor | undefined
  /** It waits for what has to be sent before it. */
  #starting: Promise<unknown> | undefined
  #isSettled = false
  /** Nobody will end its stream. */
  #isLeft = false
  #done: Promise<void> | undefined
  #tellDone: (() => void) | undefined

  readonly #ownHandle: Query['handle']
  readonly #ownCursor: Query['cursor']

  constructor(query: Query, { gate, close, origin, made }: StatementOptions) {
    this.#query = query
    this.#gate = gate
    this.#close = close
    this.origin = origin
    this.#made = made
    this.#resolve = query.resolve
    this.#reject = query.reject
    this.#ownHandle = query.handle
    this.#ownCursor = query.cursor
    listenTo(query, this, { isHeard: made !== undefined && !gate.transactional })
  }

  /** Its text, without what other fragments and parameters add. */
  get text(): string {
    return this.#query.strings.join(' ')
  }

  /** The whole text, as it was sent; empty before that. */
  get sent(): string {
    return this.#query.string ?? ''
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** A cursor that was sent, has not come to its end, and was not left. */
  get isOpenCursor(): boolean {
    return !this.#isSettled && this.#cursor?.isOpen === true
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

  settleBy(resolve: Query['resolve'] | undefined, reject: Query['reject'] | undefined): void {
    this.#resolve = resolve ?? this.#resolve
    this.#reject = reject ?? this.#reject
  }

  /** Fails it, whatever it waits for. */
  reject(error: unknown): void {
    const known = this.#gate.errorOf(error)
    if (known === error && error instanceof Error && 'query' in error) addOrigin(error, this.origin)
    this.#failure ??= { error: known }
    this.isHeard = this.#stream?.isHeard ?? (this.isHeard || this.#cursor !== undefined)
    this.#stream?.destroy(known)
    this.#reject(known)
    this.#settle()
  }

  cancel(): void {
    const query = this.#query
    if (this.#isSettled) return
    if (query.state !== null) return this.#gate.cancel(query)
    this.#made?.used(this)
    query.executed = true
    // postgres.js would not answer what comes behind one that was cancelled before it was sent.
    query.handler = ignore
    void Promise.prototype.then.call(query, undefined, ignore)
    this.reject(Object.assign(new Error('canceling statement due to user request'), { code: CANCELLED }))
  }

  cursor(rows: unknown, each: unknown): unknown {
    const query = this.#query
    becomeCursor(query)
    const watched = new Cursor(query, { close: this.#close, failure: () => this.#failure })
    this.#cursor = watched
    const made = this.#ownCursor.call(query, watched.watchEach(rows), watched.watchEach(each))
    return made === query ? query : watched.watch(made as AsyncIterable<unknown>)
  }

  /** Fragments are never sent by themselves. */
  #use(made: MadeQueries): void {
    made.used(this)
    for (const arg of this.#query.args) {
      for (const part of partsOf(arg)) {
        const fragment = listenerOf(part)
        if (fragment instanceof Statement) fragment.#use(made)
      }
    }
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#gate.settled(this)
    this.#tellDone?.()
  }

  /**
   * Ends what nobody will end any more: a cursor that was left; and a COPY that is half done with its session, for neither can anything else
   * be sent, nor does postgres.js send what PostgreSQL waits for after a COPY that fails.
   * @returns false: a COPY was half done
   */
  finish(): boolean {
    if (this.#isSettled) return true
    this.#isLeft = true
    this.#cursor?.leave()
    if (this.#stream?.isHalfDone !== true) return true
    this.#gate.end(this.#query, unfinishedCopy())
    return false
  }

  handle(): unknown {
    const query = this.#query
    if (query.executed) return this.#ownHandle.call(query)
    if (this.#starting !== undefined) return this.#starting
    if (this.#made !== undefined) this.#use(this.#made)
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
    if (!(value instanceof Readable || value instanceof Writable)) return this.#settle()
    this.#stream = new CopyStream(value, () => this.#settle())
    if (this.#isLeft) this.finish()
  }
}

/** As postgres.js takes them: a query, or queries one behind the other. */
function partsOf(arg: unknown): readonly Query[] {
  if (arg instanceof Promise) return [arg as Query]
  return Array.isArray(arg) && arg[0] instanceof Promise ? (arg as readonly Query[]) : []
}

/** SQLSTATE of a statement that was cancelled. */
const CANCELLED = '57014'

function ignore(): void {}

function unfinishedCopy(): TransactionOverError {
  return new TransactionOverError(
    'a COPY was still open at the end of the callback or the transaction that began it',
    {
      hint: 'Await its stream to the end, for instance by pipeline() of node:stream/promises.',
    },
  )
}
