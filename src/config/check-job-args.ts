import { foreseeProblems } from '../hooks/check-arguments.ts'
import type { Hook } from '../hooks/hook.ts'
import { at, type ConfigReader, type Fields } from './config-reader.ts'

/**
 * Warns of arguments that the job's hook will refuse. A warning, not an error: only the firing of this job fails, the rest
 * of the config is fine.
 */
export function checkJobArgs(reader: ConfigReader, args: Fields, hook: Hook, jobPath: string): void {
  for (const { argument, message } of foreseeProblems(hook, args)) {
    reader.warn(at(at(jobPath, 'args'), argument), `${message}; each firing of the job will fail`)
  }
}
