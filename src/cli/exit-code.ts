import { DatabaseUnavailableError, DatasourceError, PawlError } from '../errors.ts'

export const EXIT = { done: 0, failed: 1, badInput: 2 } as const

/** What shells expect of a process that a signal ended. */
export const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const
export type StopSignal = keyof typeof SIGNAL_EXIT

// Wrong in every run, whenever it is noticed.
const BAD_INPUT = [
  'CONFIGURATION',
  'CHAIN_MISMATCH',
  'UNKNOWN_HOOK',
  'UNKNOWN_FIRING',
  'UNKNOWN_JOB',
  'UNKNOWN_INDEX',
  'CONFIRMATION_REQUIRED',
  'NEWER_SCHEMA',
  'OLDER_SCHEMA',
  'REINDEX_REQUIRED',
]

/**
 * 2 where the user's input is to blame, else 1: supervisors start what ended with 1 again, and leave what ended with 2 to a person.
 * So a server or a node that is only down is never a 2, else an outage longer than a restart's delay would be the end of it.
 */
export function exitCodeOf(error: unknown, { started }: { readonly started: boolean }): 1 | 2 {
  if (!(error instanceof PawlError)) return EXIT.failed
  if (BAD_INPUT.includes(error.code)) return EXIT.badInput
  return !started && isWrongAtStart(error) ? EXIT.badInput : EXIT.failed
}

/** A wrong URL at the start, or arguments of a command that a hook does not take; later, something that broke. */
function isWrongAtStart(error: PawlError): boolean {
  if (error instanceof DatabaseUnavailableError || error instanceof DatasourceError) return !error.retriable
  return error.code === 'CALLBACK_TYPE'
}
