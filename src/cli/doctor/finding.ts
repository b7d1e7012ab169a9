import { ConfigurationError, PawlError } from '../../errors.ts'
import { describeError } from '../../text/describe-error.ts'
import { plural } from '../../text/format-number.ts'

/** What was looked at, how it is, and what to do about it. */
export interface Finding {
  readonly check: string
  readonly state: 'good' | 'warning' | 'bad'
  readonly message: string
  readonly advice?: string
}

/** What went wrong while it was looked at. */
export function fault(check: string, error: unknown): Finding {
  const { message, causes, hint } = describeError(error)
  const advice = hint.join(' ')
  const mistakes = error instanceof ConfigurationError ? error.issues.length : 0
  const head = mistakes > 1 ? [plural(mistakes, 'mistake')] : []
  const text = [...head, ...message, ...(error instanceof PawlError ? [] : causes)].join('\n')
  return { check, state: 'bad', message: text, ...(advice === '' ? {} : { advice }) }
}
