import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigurationError } from '../errors.ts'

/** Looked for in this order, where no file is named. */
export const CONFIG_FILES = ['pawl.config.ts', 'pawl.config.mts', 'pawl.config.js', 'pawl.config.mjs']

const SMALLEST_CONFIG = `A config is a module such as pawl.config.ts:

  import { defineConfig, hook } from 'pawl'

  export default defineConfig({
    hooks: { hello: hook({ run: (ctx) => ctx.logger.info('hello') }) },
    jobs: { every_minute: { hook: 'hello', interval: 60 } },
  })`

/**
 * The absolute path of the config file: the one named, else the first that is there in `directory`.
 * @throws ConfigurationError that says where it looked.
 */
export function findConfig(directory: string, named?: string): string {
  const candidates = (named === undefined ? CONFIG_FILES : [named]).map((file) => resolve(directory, file))
  const found = candidates.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
  if (found !== undefined) return found

  const message =
    named === undefined
      ? `there is no config in ${directory}: looked for ${CONFIG_FILES.join(', ')}`
      : `there is no config file ${resolve(directory, named)}`
  throw new ConfigurationError([{ path: '', message }], { hint: SMALLEST_CONFIG })
}
