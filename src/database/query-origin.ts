/** The code that made a query, and what called that. More would cost more, and tell of the runtime. */
const FRAMES = 4

/** Stacks by their template: each place in the code has one. postgres.js does the same, but keeps frames of its own and of ours. */
const known = new WeakMap<object, QueryOrigin>()

/** Where a query was made. */
export interface QueryOrigin {
  readonly stack?: string
}

/**
 * @param template of the query; or its text, which may be made anywhere: then it is looked each time, 2 µs
 * @param guard the function that the user's code called: it and what is above it are left out
 */
export function originOf(template: unknown, guard: (...args: never[]) => unknown): QueryOrigin {
  const isTemplate = typeof template === 'object' && template !== null
  const before = isTemplate ? known.get(template) : undefined
  if (before !== undefined) return before
  const captured: QueryOrigin = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  Error.captureStackTrace(captured, guard)
  Error.stackTraceLimit = limit
  if (!isTemplate) return captured
  // As a text: before it is one, it keeps the objects whose methods it names.
  const origin: QueryOrigin = { stack: captured.stack ?? '' }
  known.set(template, origin)
  return origin
}

/** Puts the place of the query below the stack of its error, which is that of the socket. */
export function addOrigin(error: Error, { stack = '' }: QueryOrigin): void {
  const frames = stack.slice(stack.indexOf('\n'))
  Object.defineProperty(error, 'stack', {
    value: `${error.stack ?? ''}${frames}`,
    configurable: true,
    writable: true,
  })
}
