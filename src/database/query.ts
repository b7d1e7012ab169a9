/** Where a query keeps what is told of it. */
const LISTENER = Symbol('listener')

/** What of postgres.js's Query we rely on; pinned by version, and by the tests of sessions. */
export interface Query extends Promise<unknown> {
  [LISTENER]?: QueryListener
  /** The text, between the parameters. */
  strings: readonly string[]
  args: readonly unknown[]
  executed: boolean
  /** null: it was not handed to a connection yet. */
  state: object | null
  /** Asks the server to end it. */
  canceller: ((query: Query) => unknown) | null
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

/** What is asked instead of the query. */
export interface QueryListener {
  /** Somebody is told of its failure. */
  isHeard: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
  handle(): unknown
  cancel(): void
  cursor(rows: unknown, each: unknown): unknown
  /** How whoever waits for the query is told. */
  settleBy(resolve: Query['resolve'] | undefined, reject: Query['reject'] | undefined): void
}

/**
 * A cursor replaces its `resolve` and `reject` at each step. Of other queries they are plain members, as postgres.js made them:
 * accessors would make each a slow object to V8, which took 8 % of the CPU of a hook of 25 statements.
 */
const CURSOR_MEMBERS: PropertyDescriptorMap & ThisType<Query & { [LISTENER]: QueryListener }> = {
  resolve: {
    get: () => resolve,
    set(other: Query['resolve']) {
      this[LISTENER].settleBy(other, undefined)
    },
  },
  reject: {
    get: () => reject,
    set(other: Query['reject']) {
      this[LISTENER].settleBy(undefined, other)
    },
  },
}

// In place of a query's own, which postgres.js calls as methods. The same functions for all queries, and methods instead of closures
// below: what V8 has learnt of a function is lost with it, and one that is made for each query is never compiled.
function resolve(this: Query, value: unknown): void {
  this[LISTENER]?.resolve(value)
}

function reject(this: Query, error: unknown): void {
  this[LISTENER]?.reject(error)
}

function handle(this: Query): unknown {
  return this[LISTENER]?.handle()
}

/** Nobody awaits what this returns: it must not reject. */
function cancel(query: Query): void {
  query[LISTENER]?.cancel()
}

/** Notes that somebody wants to know what becomes of it. */
function then(this: Query, ...handlers: Parameters<Query['then']>): unknown {
  const listener = this[LISTENER]
  if (listener !== undefined) listener.isHeard = true
  return (Object.getPrototypeOf(this) as Query).then.apply(this, handlers)
}

function cursor(this: Query, rows?: unknown, each?: unknown): unknown {
  return this[LISTENER]?.cursor(rows, each)
}

/** @param how `isHeard`: it is noted when somebody wants to know what becomes of the query */
export function listenTo(query: Query, listener: QueryListener, how: { readonly isHeard: boolean }): void {
  query[LISTENER] = listener
  query.resolve = resolve
  query.reject = reject
  query.handle = handle
  query.cursor = cursor
  query.canceller = cancel
  // oxlint-disable-next-line unicorn/no-thenable -- it is one already
  if (how.isHeard) query.then = then as Query['then']
}

export const listenerOf = (query: Query): QueryListener | undefined => query[LISTENER]

/** From here on it is settled step by step. */
export function becomeCursor(query: Query): void {
  void Object.defineProperties(query, CURSOR_MEMBERS)
}
