import { describeValue } from '../../text/describe-value.ts'
import { didYouMean } from '../../text/did-you-mean.ts'
import type { ConfigPlaces } from './config-places.ts'
import type { YamlField, YamlFields, YamlReader } from './yaml-reader.ts'

/** The parts of `Config` that a file's `database` section says. */
export interface YamlDatabase {
  readonly database?: string
  readonly schema?: string
  readonly immuneTables?: unknown
}

const POSTGRES_KEYS = ['host', 'port', 'user', 'password', 'database', 'schema_name', 'connection_timeout']
const SQLITE_KEYS = ['path']

/** The section as DipDup has it, or a URL. Nothing that is told ever quotes what is written: it may be a password. */
export function readYamlDatabase(
  reader: YamlReader,
  section: YamlField | undefined,
  places: ConfigPlaces,
): YamlDatabase {
  if (section === undefined) return {}
  places.set('database', section)
  if (reader.isScalar(section)) {
    const url = reader.text(section)
    return url === undefined ? {} : { database: url }
  }
  const fields = reader.fields(section, 'a URL, or a mapping with "kind: postgres"')
  if (fields.size === 0) return {}
  const kind = reader.text(fields.get('kind'), 'postgres')
  const common = { ...readSchema(reader, fields, places), ...readImmuneTables(reader, fields, places) }
  if (kind === 'sqlite') {
    reader.unknownKeys(fields, ['kind', 'immune_tables', ...SQLITE_KEYS])
    reader.warn(
      section,
      'Pawl works with PostgreSQL only: instead of SQLite it starts one of its own in .pawl/, beside this file',
    )
    return common
  }
  reader.unknownKeys(fields, ['kind', 'immune_tables', ...POSTGRES_KEYS])
  if (kind !== 'postgres') {
    const guess = kind === undefined ? '' : didYouMean(kind, ['postgres'])
    const got = kind === undefined ? 'there is none' : `got ${describeValue(kind)}`
    reader.wrong(fields.get('kind') ?? section, `"kind" is postgres, but ${got}${guess}`)
    return common
  }
  if (fields.has('connection_timeout'))
    reader.warn(fields.get('connection_timeout') ?? section, 'is ignored: Pawl does not wait for a database')
  const url = readUrl(reader, section, fields)
  return url === undefined ? common : { ...common, database: url }
}

function readUrl(reader: YamlReader, section: YamlField, fields: YamlFields): string | undefined {
  const before = reader.issues.length
  const host = reader.text(fields.get('host'), 'the name of a host')
  const port = reader.text(fields.get('port'), 'a number from 1 to 65535') ?? '5432'
  const user = reader.text(fields.get('user')) ?? 'postgres'
  const password = reader.text(fields.get('password'))
  const database = reader.text(fields.get('database')) ?? 'postgres'
  const hostField = fields.get('host') ?? section
  if (reader.issues.length > before) return undefined
  if (host === undefined) reader.wrong(hostField, '"host" is missing: where does PostgreSQL run?')
  else if (!/^[\w.-]+$|^[\da-f:.]+$/i.test(host))
    reader.wrong(hostField, 'expected the name or the address of a host, such as localhost')
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    reader.wrong(fields.get('port') ?? section, 'expected a number from 1 to 65535')
  if (reader.issues.length > before || host === undefined) return undefined
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const address = host.includes(':') ? `[${host}]` : host
  return `postgres://${encodeURIComponent(user)}${secret}@${address}:${port}/${encodeURIComponent(database)}`
}

function readSchema(reader: YamlReader, fields: YamlFields, places: ConfigPlaces): { schema?: string } {
  const field = fields.get('schema_name')
  if (field !== undefined) places.set('schema', field)
  const schema = reader.text(field, 'the name of a schema')
  return schema === undefined ? {} : { schema }
}

function readImmuneTables(
  reader: YamlReader,
  fields: YamlFields,
  places: ConfigPlaces,
): { immuneTables?: unknown } {
  const field = fields.get('immune_tables')
  if (field === undefined) return {}
  places.set('immuneTables', field)
  const tables = reader.value(field, { variablesAsText: true })
  return tables === null ? {} : { immuneTables: tables }
}
