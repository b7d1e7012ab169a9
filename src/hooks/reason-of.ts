import { describeValue } from '../text/describe-value.ts'

/** Why something failed, by what user code threw: that need not be an error, nor an error's message a text. */
export function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  const message: unknown = thrown instanceof Error ? thrown.message : undefined
  return typeof message === 'string' ? message : `${describeValue(thrown)} was thrown`
}
