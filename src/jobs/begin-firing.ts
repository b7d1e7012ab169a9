import type { JobFiring } from '../../machines/job.machine.ts'
import type { Clock } from '../clock.ts'
import { StoppingError } from '../errors.ts'
import { LightSignal, type StopSignal } from '../light-signal.ts'
import type { JobBook } from './job-book.ts'
import type { JobRecord } from './job-record.ts'
import { pause } from './pause.ts'

/** ms until a firing is noted again as begun that could not be. */
const BEGIN_AGAIN = 1_000

/**
 * Notes that a firing which waited begins, for as long as it takes: a database that is away is no failure of the job.
 * @param ending aborted when Pawl stops, or nobody waits for the firing any more
 * @returns false: another process has it
 * @throws StoppingError when it was to end before that could be noted: it did not run
 */
export async function beginFiring(
  { book, clock }: { readonly book: JobBook; readonly clock: Clock },
  record: JobRecord,
  firing: JobFiring,
  ...ending: readonly StopSignal[]
): Promise<boolean> {
  const startedAt = new Date(clock.now())
  return LightSignal.during(
    async (signal) => {
      for (;;) {
        try {
          return await book.begun(record, firing, startedAt)
        } catch (error) {
          book.notBegun(record, firing, error)
        }
        await pause(clock, BEGIN_AGAIN, signal)
        if (signal.aborted)
          throw new StoppingError(`job "${record.rules.name}" was stopped before it could be noted as begun`)
      }
    },
    ...ending,
  )
}
