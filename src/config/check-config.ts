import { statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { SYSTEM_HOOKS } from '../hooks/hook.ts'
import { checkDatabaseUrl } from './check-database-url.ts'
import { checkHooks } from './check-hooks.ts'
import { checkIndexes } from './check-indexes.ts'
import { checkJobs } from './check-jobs.ts'
import type { Config } from './config.ts'
import {
  at,
  ConfigReader,
  isBoolean,
  isCallback,
  isFields,
  isText,
  isTimezone,
  type Fields,
} from './config-reader.ts'
import { describeValue } from '../text/describe-value.ts'

const CONFIG_KEYS = [
  'database',
  'schema',
  'immuneTables',
  'directory',
  'indexes',
  'hooks',
  'jobs',
  'postponeJobs',
  'timezone',
  ...SYSTEM_HOOKS,
  'drainTimeout',
  'logger',
  'clock',
] as const satisfies readonly (keyof Config)[]

export interface CheckedConfig {
  readonly config: Config
  /** What will fail later and alone: a job whose arguments do not fit its hook. */
  readonly warnings: readonly ConfigurationIssue[]
}

/**
 * Takes what a user's module exported for a config, if it is one.
 * @throws ConfigurationError with everything that is wrong, each with its path and what would be right.
 */
export function checkConfig(value: unknown): CheckedConfig {
  if (!isFields(value)) {
    throw new ConfigurationError([
      {
        path: '',
        message: `the config is no object but ${describeValue(value)}: expected defineConfig({ … })`,
      },
    ])
  }
  const reader = new ConfigReader()
  reader.unknownKeys(value, CONFIG_KEYS, '')
  checkDatabase(reader, value)
  checkDirectory(reader, value)
  checkIndexes(reader, value)
  checkHooks(reader, value)
  checkJobs(reader, value)
  checkSettings(reader, value)
  if (reader.issues.length > 0) throw new ConfigurationError(reader.issues)
  // Every field was looked at.
  return { config: value as Config, warnings: reader.warnings }
}

function checkDatabase(reader: ConfigReader, config: Fields): void {
  if (config['database'] !== undefined) {
    const problem = checkDatabaseUrl(config['database'])
    if (problem !== undefined) reader.wrong('database', problem)
  }
  const schema = reader.optional(config, 'schema', '', 'the name of a schema', isText)
  if (schema !== undefined) checkSchema(reader, schema)

  const tables = reader.optional(config, 'immuneTables', '', 'an array of names of tables', Array.isArray)
  for (const [index, table] of (tables ?? []).entries()) {
    const path = `immuneTables[${index}]`
    if (!isText(table)) reader.wrong(path, `expected the name of a table, got ${describeValue(table)}`)
    else if (table.includes('.'))
      reader.wrong(path, `expected a name without its schema, got ${describeValue(table)}`)
  }
}

// Pawl's own tables are in `pawl_<schema>`, and PostgreSQL cuts names off at 63 bytes.
const LONGEST_SCHEMA = 58

function checkSchema(reader: ConfigReader, schema: string): void {
  if (/^(?:pg_|information_schema$)/.test(schema))
    reader.wrong('schema', `"${schema}" belongs to PostgreSQL; choose another name`)
  else if (/^pawl(?:_|$)/.test(schema))
    reader.wrong('schema', `"${schema}" is kept for Pawl's own tables; choose another name`)
  else if (Buffer.byteLength(schema) > LONGEST_SCHEMA)
    reader.wrong('schema', `the name has more than ${LONGEST_SCHEMA} bytes`)
}

function checkDirectory(reader: ConfigReader, config: Fields): void {
  const directory = reader.optional(config, 'directory', '', 'the path of a folder', isText)
  if (directory === undefined) return
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) reader.wrong('directory', `there is no folder ${directory}`)
  else if (!found.isDirectory()) reader.wrong('directory', `${directory} is no folder`)
  else if (statSync(join(directory, 'sql'), { throwIfNoEntry: false })?.isFile())
    reader.wrong('directory', `${join(directory, 'sql')} is a file; expected a folder of SQL scripts`)
}

const LONGEST_TIMER = 2 ** 31 - 1

function checkSettings(reader: ConfigReader, config: Fields): void {
  reader.optional(config, 'postponeJobs', '', 'true or false', isBoolean)
  reader.optional(config, 'timezone', '', 'an IANA time zone such as "Europe/Berlin"', isTimezone)
  reader.optional(
    config,
    'drainTimeout',
    '',
    `milliseconds, from 0 to ${LONGEST_TIMER}`,
    (value): value is number => typeof value === 'number' && value >= 0 && value <= LONGEST_TIMER,
  )
  checkMethods(reader, config, 'logger', ['debug', 'info', 'warn', 'error', 'child'])
  checkMethods(reader, config, 'clock', ['now', 'setTimeout', 'clearTimeout'])
}

function checkMethods(reader: ConfigReader, config: Fields, key: string, methods: readonly string[]): void {
  const value = reader.optional(config, key, '', `an object with ${methods.join('(), ')}()`, isFields)
  if (value === undefined) return
  const missing = methods.filter((method) => !isCallback(value[method]))
  if (missing.length > 0) reader.wrong(at('', key), `lacks ${missing.join('(), ')}()`)
}
