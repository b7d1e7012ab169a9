import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigurationError } from '../errors.ts'

const MODULES = ['pawl.config.ts', 'pawl.config.mts', 'pawl.config.js', 'pawl.config.mjs']
const YAML_FILES = ['pawl.yaml', 'pawl.yml']
// Beside a config of Pawl's own it is DipDup's, and not looked at.
const DIPDUP_FILES = ['dipdup.yaml', 'dipdup.yml']

/** The option that names a config, and what is said of it. */
export const CONFIG_OPTION = [
  '--config <file>',
  'the config (default: pawl.config.ts, pawl.yaml or dipdup.yaml, here)',
] as const

const SMALLEST_CONFIG = `"pawl init" begins a project. A config is a module such as pawl.config.ts:

  import { defineConfig, hook } from 'pawl'

  export default defineConfig({
    hooks: { hello: hook({ run: (ctx) => ctx.logger.info('hello') }) },
    jobs: { every_minute: { hook: 'hello', interval: 60 } },
  })

or a pawl.yaml, whose hooks are files that "pawl init" writes for you:

  hooks:
    hello:
      callback: hello
  jobs:
    every_minute:
      hook: hello
      interval: 60`

/**
 * The absolute path of the config file: the one named, else the one that is there in `directory`.
 * @throws ConfigurationError that says where it looked, or that there are two.
 */
export function findConfig(directory: string, named?: string): string {
  if (named !== undefined) {
    const file = resolve(directory, named)
    if (isFile(file)) return file
    throw missing(`there is no config file ${file}`)
  }
  const found = anyConfig(directory)
  if (found !== undefined) return found
  const files = [...MODULES, ...YAML_FILES, ...DIPDUP_FILES].join(', ')
  throw missing(`there is no config in ${directory}`, `Looked for ${files}.\n`)
}

/** The config that is there in `directory`, if there is one. @throws ConfigurationError when there are two */
export function anyConfig(directory: string): string | undefined {
  const [module, yaml, dipdup] = [MODULES, YAML_FILES, DIPDUP_FILES].map((files) =>
    files.map((file) => resolve(directory, file)).find(isFile),
  )
  if (module !== undefined && yaml !== undefined) {
    throw new ConfigurationError([{ path: '', message: `there are two configs: ${module} and ${yaml}` }], {
      hint: 'Take one away, or name the one that counts: --config <file>',
    })
  }
  return module ?? yaml ?? dipdup
}

export const isYaml = (file: string): boolean => /\.ya?ml$/i.test(file)

export const isDipDup = (file: string): boolean => /(?:^|[\\/])dipdup[^\\/]*\.ya?ml$/i.test(file)

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() === true

const missing = (message: string, looked = ''): ConfigurationError =>
  new ConfigurationError([{ path: '', message }], { hint: `${looked}${SMALLEST_CONFIG}` })
