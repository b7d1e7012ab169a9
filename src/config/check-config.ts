import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import type { Executor } from '../hooks/executor.ts'
import { SYSTEM_HOOKS } from '../hooks/hook.ts'
import { checkDatabaseUrl } from './check-database-url.ts'
import { checkHooks } from './check-hooks.ts'
import { checkIndexes } from './check-indexes.ts'
import { checkJobs } from './check-jobs.ts'
import type { Config } from './config.ts'
import { sourceOf } from './config-source.ts'
import {
  at,
  ConfigReader,
  isBoolean,
  isCallback,
  isFields,
  isText,
  isTimezone,
  isWhole,
  type Fields,
} from './config-reader.ts'
import { ROLES } from '../roles.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { describeValue } from '../text/describe-value.ts'

const CONFIG_KEYS = [
  'database',
  'schema',
  'immuneTables',
  'directory',
  'reindex',
  'schemaVersion',
  'indexes',
  'hooks',
  'jobs',
  'jobDefaults',
  'jobHistory',
  'postponeJobs',
  'timezone',
  ...SYSTEM_HOOKS,
  'roles',
  'follow',
  'executor',
  'drainTimeout',
  'monitoring',
  'inspector',
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
 * @param base the folder that a relative `directory` counts from
 * @throws ConfigurationError with everything that is wrong, each with its path and what would be right.
 */
export function checkConfig(value: unknown, base = process.cwd()): CheckedConfig {
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
  checkDirectory(reader, value, base)
  checkIndexes(reader, value)
  checkHooks(reader, value)
  checkJobs(reader, value)
  checkSettings(reader, value)
  checkReindex(reader, value)
  checkRoles(reader, value)
  checkFollow(reader, value)
  checkExecutor(reader, value)
  const source = sourceOf(value)
  if (reader.issues.length > 0) throw new ConfigurationError(reader.issues.map(source.locate))
  // Every field was looked at.
  return { config: value as Config, warnings: [...source.warnings, ...reader.warnings.map(source.locate)] }
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

// PostgreSQL's names have 63 bytes, and the longest that is made of it is that of a channel: `pawl_<schema> processes`.
const LONGEST_SCHEMA = 48

function checkSchema(reader: ConfigReader, schema: string): void {
  if (/^(?:pg_|information_schema$)/.test(schema))
    reader.wrong('schema', `"${schema}" belongs to PostgreSQL; choose another name`)
  else if (/^pawl(?:_|$)/.test(schema))
    reader.wrong('schema', `"${schema}" is kept for Pawl's own tables; choose another name`)
  else if (Buffer.byteLength(schema) > LONGEST_SCHEMA)
    reader.wrong(
      'schema',
      `the name has ${Buffer.byteLength(schema)} bytes, and at most ${LONGEST_SCHEMA} leave room for the names that Pawl makes of it`,
    )
}

function checkDirectory(reader: ConfigReader, config: Fields, base: string): void {
  const named = reader.optional(config, 'directory', '', 'the path of a folder', isText)
  if (named === undefined) return
  const directory = resolve(base, named)
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) reader.wrong('directory', `there is no folder ${directory}`)
  else if (!found.isDirectory()) reader.wrong('directory', `${directory} is no folder`)
  else if (statSync(join(directory, 'sql'), { throwIfNoEntry: false })?.isFile())
    reader.wrong('directory', `${join(directory, 'sql')} is a file; expected a folder of SQL scripts`)
}

const SERVER =
  'needs a PostgreSQL server that the processes share, and the config has none: set "database" (or DATABASE_URL)'

function checkRoles(reader: ConfigReader, config: Fields): void {
  const roles = reader.optional(config, 'roles', '', `an array of ${listWords(ROLES)}`, Array.isArray)
  if (roles === undefined) return
  if (roles.length === 0) reader.wrong('roles', `is empty: expected one or more of ${listWords(ROLES)}`)
  for (const [index, role] of roles.entries()) {
    if (!(ROLES as readonly unknown[]).includes(role))
      reader.wrong(`roles[${index}]`, `expected ${listWords(ROLES)}, got ${describeValue(role)}`)
  }
  if (ROLES.some((role) => !roles.includes(role)) && config['database'] === undefined)
    reader.wrong('roles', SERVER)
}

function checkFollow(reader: ConfigReader, config: Fields): void {
  const follow = reader.optional(config, 'follow', '', 'an array of names of indexes', Array.isArray)
  if (follow === undefined) return
  const names = Object.keys(isFields(config['indexes']) ? config['indexes'] : {})
  if (follow.length === 0) reader.wrong('follow', 'is empty: expected one or more names of indexes')
  for (const [at, name] of follow.entries()) {
    if (!names.includes(name as string))
      reader.wrong(
        `follow[${at}]`,
        `there is no index ${describeValue(name)}${isText(name) ? didYouMean(name, names) : ''}`,
      )
  }
  if (config['database'] === undefined) reader.wrong('follow', SERVER)
}

function checkExecutor(reader: ConfigReader, config: Fields): void {
  const executor = reader.optional(
    config,
    'executor',
    '',
    'graphileWorker({ … }) of pawl/graphile-worker',
    (value): value is Executor => isFields(value) && isCallback(value['open']) && isCallback(value['check']),
  )
  const hooks = isFields(config['hooks']) ? Object.keys(config['hooks']) : []
  for (const { path, message } of executor?.check(hooks) ?? []) reader.wrong(path, message)
}

const REASONS = ['manual', 'migration', 'rollback', 'config_modified', 'schema_modified']
const ACTIONS = ['exception', 'wipe', 'ignore']

function checkReindex(reader: ConfigReader, config: Fields): void {
  reader.optional(
    config,
    'schemaVersion',
    '',
    'a number or a text',
    (value): value is number | string =>
      isText(value) || (typeof value === 'number' && Number.isFinite(value)),
  )
  const policy = reader.optional(config, 'reindex', '', 'an object with an action for each reason', isFields)
  if (policy === undefined) return
  reader.unknownKeys(policy, REASONS, 'reindex')
  for (const reason of REASONS) {
    reader.optional(
      policy,
      reason,
      'reindex',
      "'exception', 'wipe' or 'ignore'",
      (value): value is string => typeof value === 'string' && ACTIONS.includes(value),
    )
  }
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
  checkMonitoring(reader, config)
  checkInspector(reader, config)
  checkPorts(reader, config)
  checkMethods(reader, config, 'logger', ['debug', 'info', 'warn', 'error', 'child'])
  checkMethods(reader, config, 'clock', ['now', 'setTimeout', 'clearTimeout'])
}

function checkMonitoring(reader: ConfigReader, config: Fields): void {
  const monitoring = reader.optional(config, 'monitoring', '', 'an object with a port', isFields)
  if (monitoring === undefined) return
  reader.unknownKeys(monitoring, ['host', 'port'], 'monitoring')
  reader.optional(monitoring, 'host', 'monitoring', 'an address of this machine, such as 127.0.0.1', isText)
  reader.optional(monitoring, 'port', 'monitoring', 'a port: 0 to 65535', isPort)
  if (monitoring['port'] === undefined) reader.wrong('monitoring', 'lacks a port, such as { port: 9464 }')
}

const isPort = (value: unknown): value is number => isWhole(0)(value) && value <= 65_535

function checkInspector(reader: ConfigReader, config: Fields): void {
  if (typeof config['inspector'] === 'boolean') return
  const inspector = reader.optional(
    config,
    'inspector',
    '',
    'true, false, or an object of settings',
    isFields,
  )
  if (inspector === undefined) return
  reader.unknownKeys(inspector, ['host', 'port', 'readOnly', 'token', 'redact', 'onOpen'], 'inspector')
  reader.optional(inspector, 'host', 'inspector', 'an address of this machine, such as 127.0.0.1', isText)
  reader.optional(inspector, 'port', 'inspector', 'a port: 0 to 65535', isPort)
  reader.optional(inspector, 'readOnly', 'inspector', 'true or false', isBoolean)
  reader.optional(inspector, 'redact', 'inspector', 'a function of a key and a value', isCallback)
  reader.optional(inspector, 'onOpen', 'inspector', 'a function of the address', isCallback)
  const { token } = inspector
  // Told without it: it is a secret.
  if (token !== undefined && !(isText(token) && /^[\w.~-]{16,}$/.test(token)))
    reader.wrong('inspector.token', 'expected 16 or more letters, digits, or any of -._~')
}

/** Only one of them can listen there. */
function checkPorts(reader: ConfigReader, { monitoring, inspector }: Fields): void {
  if (!isFields(monitoring) || !isFields(inspector)) return
  const { port } = inspector
  if (port === undefined || port === 0 || port !== monitoring['port']) return
  reader.wrong(
    'inspector.port',
    `is the port of monitoring: choose another; the inspector answers /health, /ready and /metrics, too`,
  )
}

function checkMethods(reader: ConfigReader, config: Fields, key: string, methods: readonly string[]): void {
  const value = reader.optional(config, key, '', `an object with ${methods.join('(), ')}()`, isFields)
  if (value === undefined) return
  const missing = methods.filter((method) => !isCallback(value[method]))
  if (missing.length > 0) reader.wrong(at('', key), `lacks ${missing.join('(), ')}()`)
}
