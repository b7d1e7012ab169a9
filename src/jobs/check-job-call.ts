import { ConfigReader, isBoolean, isFields } from '../config/config-reader.ts'
import type { ConfigurationIssue } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import type { JobControl } from './job-control.ts'

/** A change that `ctx.jobs` takes. */
export type JobCall = Exclude<keyof JobControl, 'list'>

/** What is wrong with a call of `ctx.jobs`, but for the job or the trigger that it is given; takes anything that was written. */
export function checkJobCall(
  call: JobCall,
  { name, options }: { readonly name: unknown; readonly options?: unknown },
): readonly ConfigurationIssue[] {
  const reader = new ConfigReader()
  const path = `ctx.jobs.${call}`
  if (typeof name !== 'string') reader.wrong(path, `expected the name of a job, got ${describeValue(name)}`)
  if (options === undefined) return reader.issues
  if (isFields(options)) {
    reader.unknownKeys(options, ['temporary'], path)
    reader.optional(options, 'temporary', path, 'true or false', isBoolean)
  } else reader.wrong(path, `expected options such as { temporary: true }, got ${describeValue(options)}`)
  return reader.issues
}
