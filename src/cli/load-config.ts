import { dirname, resolve } from 'node:path'
import { checkConfig, type CheckedConfig } from '../config/check-config.ts'
import { ConfigurationError } from '../errors.ts'
import { explainLoadError } from './explain-load-error.ts'
import { findConfig } from './find-config.ts'
import { loadUserModule } from './load-user-module.ts'

export interface LoadedConfig extends CheckedConfig {
  /** Absolute. */
  readonly file: string
}

/**
 * Finds, runs and checks the config. Its `directory` is the file's own where it names none.
 * @throws ConfigurationError, whatever is wrong.
 */
export async function loadConfig(
  named: string | undefined,
  directory = process.cwd(),
): Promise<LoadedConfig> {
  const file = findConfig(directory, named)
  const exported = await loadUserModule(file).catch((error: unknown) => {
    throw explainLoadError(file, error)
  })
  const value = 'default' in exported ? exported['default'] : exported['config']
  if (value === undefined) {
    throw new ConfigurationError(
      [{ path: '', message: `${file} exports no config: ${whatIsThere(exported)}` }],
      {
        hint: 'Write: export default defineConfig({ … })',
      },
    )
  }
  const { config, warnings } = check(value, file)
  const own = resolve(dirname(file), config.directory ?? '.')
  return { file, config: { ...config, directory: own }, warnings }
}

function check(value: unknown, file: string): CheckedConfig {
  try {
    return checkConfig(value)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    throw new ConfigurationError(error.issues, { hint: `in ${file}` })
  }
}

function whatIsThere(exported: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exported).filter((name) => name !== '__esModule')
  if (names.length === 0) return 'it exports nothing'
  if ('default' in exported) return 'its default export is undefined'
  return `it exports ${names.join(', ')}, and neither "default" nor "config"`
}
