import { UnknownJobError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'

/** Of those that there are, so many are named. */
const NAMED = 20

/** @param names of the jobs that there are */
export function unknownJob(name: string, names: readonly string[]): UnknownJobError {
  return new UnknownJobError(`there is no job ${describeValue(name)}${didYouMean(name, names)}`, {
    hint:
      names.length === 0
        ? 'There are no jobs yet: those of the config are there once Pawl has run.'
        : `There are ${listWords(names.slice(0, NAMED))}.`,
  })
}
