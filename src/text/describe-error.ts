import { PawlError } from '../errors.ts'
import { explainConnection } from './explain-connection.ts'
import { describeThrown, reasonOf } from './reason-of.ts'
import { redact } from './redact.ts'

/** An error as lines for a person. */
export interface ErrorLines {
  /** What went wrong: a line an issue, where there are several. */
  readonly message: readonly string[]
  /** Why: one line for each error of the cause chain. */
  readonly causes: readonly string[]
  readonly hint: readonly string[]
}

// Deeper than any honest chain; ends a circular one.
const DEEPEST_CAUSE = 8

/** Splits an error, its chain of causes and its hint into lines, without passwords. */
export function describeError(error: unknown): ErrorLines {
  const message = lines(messageOf(error))
  return {
    message,
    causes: newCauses(message.join(' '), causesOf(error)),
    hint: error instanceof PawlError && error.hint !== undefined ? redact(error.hint).split('\n') : [],
  }
}

function causesOf(error: unknown): unknown[] {
  const causes: unknown[] = []
  let current = error
  while (current instanceof Error && causes.length < DEEPEST_CAUSE) {
    const next: unknown = current.cause ?? (current instanceof AggregateError ? current.errors[0] : undefined)
    if (next === undefined || next === error || causes.includes(next)) break
    causes.push(next)
    current = next
  }
  return causes
}

/** Those that say what is not said yet: our messages hold the words of their cause, where these are for users. */
function newCauses(message: string, causes: readonly unknown[]): string[] {
  const said = [message]
  for (const cause of causes) {
    const text = causeText(cause)
    const known = [text, explainConnection(cause), ...(cause instanceof Error ? [] : [reasonOf(cause)])]
    if (isFetchFailure(cause) || known.some((words) => said.some((earlier) => holds(earlier, words))))
      continue
    said.push(describeCause(cause))
  }
  return said.slice(1)
}

/** Whether the text is in there, and not as a part of a word. */
function holds(earlier: string, text: string | undefined): boolean {
  if (text === undefined) return false
  const start = earlier.indexOf(text)
  const edges = [start, start + text.length].map((at) => earlier.slice(Math.max(0, at - 1), at + 1))
  return start >= 0 && !edges.some((edge) => /^\w\w$/.test(edge))
}

/** `fetch` says no more than that; its cause does. */
const isFetchFailure = (error: unknown): boolean =>
  error instanceof TypeError && error.message === 'fetch failed' && error.cause !== undefined

function describeCause(error: unknown): string {
  const text = causeText(error)
  if (!(error instanceof Error) || error instanceof PawlError) return text
  // "Error:" says nothing; "TypeError:" does.
  return error.name === 'Error' || text.startsWith(error.name) ? text : `${error.name}: ${text}`
}

/** Without what loaders add: the files that imported each other, and the place, which the message before has. */
const causeText = (error: unknown): string =>
  lines(
    messageOf(error)
      .replace(/\nRequire stack:[^]*$/, '')
      .replace(/^ParseError: ([^]*?)\s+\S+:\d+:\d+\s*$/, 'SyntaxError: $1'),
  ).join(' ')

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `a value that is no Error was thrown: ${describeThrown(error)}`
  if (error.message !== '') return error.message
  // Node's failed connections to a name of several addresses are an AggregateError without a message.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}

const lines = (text: string): string[] =>
  redact(text)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
