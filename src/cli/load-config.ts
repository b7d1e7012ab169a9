import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkConfig, type CheckedConfig } from '../config/check-config.ts'
import { isFields, type Fields } from '../config/config-reader.ts'
import { ConfigurationError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { explainLoadError } from './explain-load-error.ts'
import { findConfig, isYaml } from './find-config.ts'
import { loadUserModule } from './load-user-module.ts'

export interface LoadedConfig extends CheckedConfig {
  /** Absolute. */
  readonly file: string
}

/**
 * Finds, reads and checks the config. Its `directory` is the file's own where it names none.
 * @throws ConfigurationError, whatever is wrong.
 */
export async function loadConfig(
  named: string | undefined,
  directory = process.cwd(),
): Promise<LoadedConfig> {
  const file = findConfig(directory, named)
  if (isYaml(file)) {
    // With a parser that no other config needs.
    const { loadYamlConfig } = await import('./load-yaml-config.ts')
    return { file, ...(await loadYamlConfig(file)) }
  }
  const exported = await loadUserModule(file).catch((error: unknown) => {
    throw explainLoadError(file, error)
  })
  const value = 'default' in exported ? exported['default'] : exported['config']
  if (!isPlain(value) || isEmpty(value)) {
    const message = `${file} exports no config: ${whatIsThere(exported, file)}`
    const other = value !== exported['config'] && isPlain(exported['config'])
    throw new ConfigurationError([{ path: '', message }], {
      hint: other ? 'Its export "config" would do: leave the default export out.' : adviseOn(value),
    })
  }
  const { config, warnings } = check(value, file)
  const own = resolve(dirname(file), config.directory ?? '.')
  return { file, config: { ...config, directory: own }, warnings }
}

function check(value: unknown, file: string): CheckedConfig {
  try {
    return checkConfig(value, dirname(file))
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new ConfigurationError(error.issues, { hint: `in ${file}` })
  }
}

function adviseOn(value: unknown): string {
  const write = 'Write: export default defineConfig({ … })'
  if (typeof value === 'function') return `${write}. A function is not called: export what it returns.`
  // What pawl(config) gives, or an actor of it.
  if (isFields(value) && (isFields(value['config']) || isFields(value['logic'])))
    return `${write}. "pawl" makes the actor by itself, of the config as it is.`
  return write
}

/** Not an actor, say, or the logic that `pawl(config)` gives. */
function isPlain(value: unknown): value is Fields {
  if (!isFields(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Newer Nodes take a file without imports and exports for CommonJS, whose default export is an object without keys. */
const isEmpty = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0

function whatIsThere(exported: Fields, file: string): string {
  const names = Object.keys(exported).filter((name) => name !== '__esModule')
  const isNothing =
    isEmpty(exported['default'] ?? exported['config']) && !/\bexport\b/.test(readFileSync(file, 'utf8'))
  if (names.length === 0 || isNothing) return 'it exports nothing'
  if ('default' in exported) return `its default export is ${describeValue(exported['default'])}`
  if ('config' in exported) return `its export "config" is ${describeValue(exported['config'])}`
  return `it exports ${names.join(', ')}, and neither "default" nor "config"`
}
