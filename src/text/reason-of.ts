import { inspect } from 'node:util'
import { describeValue } from './describe-value.ts'
import { shorten } from './shorten.ts'

/** Why something failed, by what user code threw: that need not be an error, nor an error's message a text. */
export function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (!(thrown instanceof Error)) return `${describeThrown(thrown)} was thrown`
  const message: unknown = thrown.message
  return typeof message === 'string'
    ? message
    : `an error with the message ${describeThrown(message)} was thrown`
}

/** It as an error: what is none is its cause. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(reasonOf(thrown), { cause: thrown })

/** A value that is no error, with what is in it: `{ code: 1 }`. On one line; never throws. */
export function describeThrown(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    const shown = inspect(value, { depth: 2, breakLength: Infinity, compact: true, maxArrayLength: 20 })
    return shorten(shown, 200)
  } catch {
    // Its own way of being shown throws.
    return describeValue(value)
  }
}
