import { listWords } from '../../text/did-you-mean.ts'
import type { ConfigurationIssue } from '../../errors.ts'
import { concealValues } from './conceal-values.ts'
import { ConfigPlaces } from './config-places.ts'
import { warnOfCrontabs } from './warn-of-crontabs.ts'
import { readYamlAdvanced } from './yaml-advanced.ts'
import { readYamlDatabase } from './yaml-database.ts'
import { YamlFile, type Environment } from './yaml-file.ts'
import { readYamlHooks, type YamlHook } from './yaml-hooks.ts'
import { readYamlJobs, type YamlJob } from './yaml-jobs.ts'
import { YamlReader, type YamlField } from './yaml-reader.ts'

/** All that a config file says, in the words of `Config`, but for the code that it names. */
export interface YamlConfig {
  readonly settings: Readonly<Record<string, unknown>>
  readonly hooks: readonly YamlHook[]
  readonly jobs: ReadonlyMap<string, YamlJob>
  /** It has a section "indexes", as DipDup's files do: it is not read, and tells that there is something to write. */
  readonly hasIndexes: boolean
  readonly issues: readonly ConfigurationIssue[]
  /** Those of the issues that say which variables are not set here: where it is to run they may be. */
  readonly unset: ReadonlySet<ConfigurationIssue>
  readonly warnings: readonly ConfigurationIssue[]
  /** An issue with the config's own path, as the file has it. */
  readonly locate: (issue: ConfigurationIssue) => ConfigurationIssue
  /** Where a part of the file stands. */
  readonly placeOf: (field: YamlField) => NonNullable<ConfigurationIssue['place']>
}

export interface ReadYamlOptions {
  /** As messages call the file. */
  readonly name: string
  readonly env: Environment
  /** The file was written for DipDup: tell what means something else here. */
  readonly fromDipDup: boolean
  readonly hostTimezone: string
  readonly now: Date
}

const SECTIONS = ['hooks', 'jobs', 'database', 'advanced']
// DipDup's own, about its format and its Python.
const HEADER = ['spec_version', 'package']
const IGNORED = [
  'contracts',
  'datasources',
  'indexes',
  'templates',
  'api',
  'hasura',
  'sentry',
  'prometheus',
  'logging',
  'custom',
  'models',
  'runtimes',
  'mcp',
]

/** Reads the text of a `pawl.yaml` or a `dipdup.yaml`. Never throws: what is wrong is in `issues`. */
export function readYamlConfig(text: string, options: ReadYamlOptions): YamlConfig {
  const file = new YamlFile(options.name, text, options.env)
  const reader = new YamlReader(file)
  const { variables } = file
  const conceal = (issue: ConfigurationIssue): ConfigurationIssue => ({
    ...issue,
    message: concealValues(issue.message, variables),
  })
  const places = new ConfigPlaces(reader)
  const sections = reader.top()
  reader.unknownKeys(sections, [...SECTIONS, ...HEADER, ...IGNORED])
  warnOfIgnored(reader, sections)

  const hooks = readYamlHooks(reader, sections.get('hooks'), places)
  const settings = readYamlAdvanced(reader, sections.get('advanced'), places)
  const jobs = readYamlJobs(reader, sections.get('jobs'), hooks, places)
  const database = readYamlDatabase(reader, sections.get('database'), places)
  if (options.fromDipDup) {
    const { timezone = 'UTC' } = settings
    warnOfCrontabs(jobs, { ...options, timezone: String(timezone) }, (path, message) =>
      reader.warnings.push(places.locate({ path, message })),
    )
  }
  const issues = reader.issues.map((issue) => ({ told: conceal(issue), isUnset: reader.unset.has(issue) }))
  return {
    settings: { ...database, ...settings },
    hooks,
    jobs,
    hasIndexes: sections.has('indexes'),
    issues: issues.map(({ told }) => told),
    unset: new Set(issues.filter(({ isUnset }) => isUnset).map(({ told }) => told)),
    warnings: reader.warnings.map(conceal),
    locate: (issue) => conceal(places.locate(issue)),
    placeOf: (field) => reader.place(field),
  }
}

function warnOfIgnored(reader: YamlReader, sections: ReadonlyMap<string, YamlField>): void {
  const ignored = [...sections].filter(([name]) => IGNORED.includes(name))
  const [first] = ignored
  if (first === undefined) return
  const names = listWords(ignored.map(([name]) => name))
  const plural = ignored.length === 1 ? 'section is' : 'sections are'
  const hint = ignored.some(([name]) => name === 'indexes') ? ". Pawl's indexes are in indexes.ts" : ''
  reader.warn({ ...first[1], path: '' }, `the ${plural} ignored: ${names}${hint}`)
}
