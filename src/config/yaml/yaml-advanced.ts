import { describeValue } from '../../text/describe-value.ts'
import { didYouMean, listWords } from '../../text/did-you-mean.ts'
import type { ConfigPlaces } from './config-places.ts'
import { readSchedulerKeys } from './scheduler-keys.ts'
import { readOption, toCamel } from './snake-case.ts'
import type { YamlField, YamlReader } from './yaml-reader.ts'

const SETTINGS = [
  'inspector',
  'monitoring',
  'schema_version',
  'postpone_jobs',
  'job_history',
  'timezone',
  'drain_timeout',
]

// What DipDup has and Pawl has no use for.
const IGNORED = [
  'early_realtime',
  'rollback_depth',
  'decimal_precision',
  'unsafe_sqlite',
  'alt_operation_matcher',
  'crash_reporting',
  'metadata_interface',
  'skip_version_check',
]

/** `postponeJobs` and its like, as `Config` has them. */
export function readYamlAdvanced(
  reader: YamlReader,
  section: YamlField | undefined,
  places: ConfigPlaces,
): Readonly<Record<string, unknown>> {
  const fields = reader.fields(section, 'a mapping with settings such as scheduler')
  reader.unknownKeys(fields, [...SETTINGS, 'scheduler', 'reindex', ...IGNORED])
  const settings: Record<string, unknown> = { ...readSchedulerKeys(reader, fields.get('scheduler'), places) }
  const own = fields.get('timezone')
  if (own !== undefined && settings['timezone'] !== undefined)
    reader.wrong(own, 'is there twice: also as scheduler key apscheduler.timezone')
  for (const key of SETTINGS) {
    const field = fields.get(key)
    const value = field === undefined ? undefined : readOption(reader, field, toCamel(key), places)
    if (value !== undefined) settings[toCamel(key)] = value
  }
  const reindex = readReindex(reader, fields.get('reindex'))
  if (reindex !== undefined) settings['reindex'] = reindex
  const ignored = IGNORED.filter((key) => fields.has(key))
  if (section !== undefined && ignored.length > 0)
    reader.warn(
      section,
      `${listWords(ignored)} ${ignored.length === 1 ? 'has' : 'have'} no meaning to Pawl, and no effect`,
    )
  return settings
}

const REASONS = ['manual', 'migration', 'rollback', 'config_modified', 'schema_modified']
const ACTIONS = ['exception', 'wipe', 'ignore']

/** The action for each reason, with DipDup's names. */
function readReindex(
  reader: YamlReader,
  section: YamlField | undefined,
): Readonly<Record<string, string>> | undefined {
  if (section === undefined) return undefined
  const fields = reader.fields(section, 'a mapping with an action for each reason')
  reader.unknownKeys(fields, REASONS)
  const policy: Record<string, string> = {}
  for (const [reason, field] of fields) {
    const action = reader.text(field, 'an action')
    if (action !== undefined && !ACTIONS.includes(action))
      reader.wrong(
        field,
        `expected ${listWords(ACTIONS).replace(' and ', ' or ')}, got ${describeValue(action)}${didYouMean(action, ACTIONS)}`,
      )
    else if (action !== undefined && REASONS.includes(reason)) policy[reason] = action
  }
  return policy
}
