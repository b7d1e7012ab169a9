import * as v from 'valibot'
import type { Hook } from '../hooks/hook.ts'
import { at, type ConfigReader, type Fields } from './config-reader.ts'
import { didYouMean } from '../text/did-you-mean.ts'

/**
 * Warns of arguments that the job's hook will refuse. A warning, not an error: only the firing of this job fails, the rest
 * of the config is fine.
 */
export function checkJobArgs(reader: ConfigReader, args: Fields, hook: Hook, jobPath: string): void {
  const path = at(jobPath, 'args')
  for (const [name, schema] of Object.entries(hook.args)) {
    const problem = checkArg(schema, name, args)
    if (problem !== undefined) reader.warn(at(path, name), `${problem}; each firing of the job will fail`)
  }
  for (const name of Object.keys(args)) {
    if (Object.hasOwn(hook.args, name)) continue
    const guess = didYouMean(name, Object.keys(hook.args))
    reader.warn(at(path, name), `the hook takes no such argument${guess}; each firing of the job will fail`)
  }
}

function checkArg(schema: v.GenericSchema, name: string, args: Fields): string | undefined {
  // What a schema computes when it fires is not known at load.
  if (schema.async as boolean) return undefined
  let result
  try {
    result = v.safeParse(schema, args[name])
  } catch (error) {
    return `its schema threw: ${error instanceof Error ? error.message : String(error)}`
  }
  if (result.success) return undefined
  const [issue] = result.issues
  return Object.hasOwn(args, name)
    ? `expected ${issue.expected ?? issue.message}, got ${issue.received}`
    : `the argument is missing (expected ${issue.expected ?? 'a value'})`
}
