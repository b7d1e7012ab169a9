import { PawlError } from '../errors.ts'
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
  return {
    message: lines(messageOf(error)),
    causes: causesOf(error).map(describeCause),
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

function describeCause(error: unknown): string {
  const text = lines(messageOf(error)).join(' ')
  if (!(error instanceof Error) || error instanceof PawlError) return text
  // "Error:" says nothing; "TypeError:" does.
  return error.name === 'Error' || text.startsWith(error.name) ? text : `${error.name}: ${text}`
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `a value that is no Error was thrown: ${String(error)}`
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
