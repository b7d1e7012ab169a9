import { CallbackTypeError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import type { FiringLevel } from './firing-store.ts'
import { keyProblem } from './key-problem.ts'

/** A durable firing from outside, or of a job: no level's transaction is there to count confirmations from. */
export type QueueOptions = Pick<FireOptions, 'wait' | 'key'>

/** A durable firing: queued in the caller's transaction, run later. */
export interface FireOptions {
  /**
   * The firing is a row of the database. It runs after the caller's transaction was committed, in order per hook, and again
   * when it failed (see `retry` of the hook) or the process died. An atomic hook takes effect exactly once; another at least
   * once, with `ctx.firing.id` as an idempotency key for what is outside the database.
   */
  readonly wait: false
  /**
   * It runs when the level that fired it is so many levels deep; a reorg before that drops it. Only where the firing joins the
   * transaction of a level. Default: 0.
   */
  readonly confirmations?: number
  /** Idempotency key, of at most 2,500 bytes: of one hook, a second firing with the same key is the same firing, and does nothing. */
  readonly key?: string
}

const OPTIONS = ['wait', 'confirmations', 'key'] as const satisfies readonly (keyof FireOptions)[]

/**
 * Callers from JavaScript and YAML projects are not checked by a compiler.
 * @param level of the transaction that it is queued in
 * @throws CallbackTypeError that names the option
 */
export function checkFireOptions(subject: string, options: unknown, level: FiringLevel | undefined): void {
  const refuse = (what: string, hint?: string): CallbackTypeError =>
    new CallbackTypeError(`${subject} cannot be queued: ${what}`, hint === undefined ? {} : { hint })
  if (!isOptions(options))
    throw refuse(`its options expected an object such as { wait: false }, received ${describeValue(options)}`)
  // Not passed over: a slip in "confirmations" would fire at once what was meant to wait for them.
  const unknown = Object.keys(options).find((name) => !OPTIONS.some((known) => known === name))
  if (unknown !== undefined) {
    const guess = didYouMean(unknown, OPTIONS) || `; known are ${listWords(OPTIONS)}`
    throw refuse(`there is no option ${describeValue(unknown)}${guess}`)
  }
  const { wait, confirmations = 0, key } = options
  if (wait !== false) {
    throw refuse(
      `option "wait" expected false, received ${describeValue(wait)}`,
      'Leave the options out to wait for the hook.',
    )
  }
  if (
    !Number.isSafeInteger(confirmations) ||
    (confirmations as number) < 0 ||
    (confirmations as number) > 2 ** 31 - 1
  ) {
    throw refuse(
      `option "confirmations" expected a whole number of levels, 0 or more, received ${describeValue(confirmations)}`,
    )
  }
  if (confirmations !== 0 && level === undefined) {
    throw refuse(
      'option "confirmations" needs a level to count from, and this firing is made outside a level\'s transaction',
      'Fire it in a handler, or in an atomic hook that a handler awaits.',
    )
  }
  const problem = key === undefined ? undefined : keyProblem(key)
  if (problem !== undefined) throw refuse(`option "key" ${problem}`)
}

const isOptions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
