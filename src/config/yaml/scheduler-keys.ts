import type { ConfigPlaces } from './config-places.ts'
import type { YamlField, YamlFields, YamlReader } from './yaml-reader.ts'

// What APScheduler calls it, and `Config`.
const KEYS = new Map([
  ['apscheduler.job_defaults.coalesce', 'jobDefaults.coalesce'],
  ['apscheduler.job_defaults.max_instances', 'jobDefaults.maxInstances'],
  // Null is none, as here.
  ['apscheduler.job_defaults.misfire_grace_time', 'jobDefaults.misfireGraceTime'],
  ['apscheduler.timezone', 'timezone'],
])

// What DipDup itself sets where a config has nothing.
const AS_IT_IS_ANYWAY = new Map([
  ['apscheduler.executors.default.class', 'apscheduler.executors.asyncio:AsyncIOExecutor'],
  ['apscheduler.jobstores.default.class', 'apscheduler.jobstores.memory:MemoryJobStore'],
])

/** The settings of `Config` that `advanced.scheduler` has, in the words of APScheduler. */
export function readSchedulerKeys(
  reader: YamlReader,
  section: YamlField | undefined,
  places: ConfigPlaces,
): Readonly<Record<string, unknown>> {
  const fields = flatten(reader, reader.fields(section, 'a mapping with keys such as apscheduler.timezone'))
  const settings: Record<string, unknown> = {}
  const jobDefaults: Record<string, unknown> = {}
  for (const [key, field] of fields) {
    const path = KEYS.get(key)
    if (path === undefined) {
      refuse(reader, key, field)
      continue
    }
    places.set(path, field)
    const value = reader.value(field)
    const [first = '', option] = path.split('.')
    if (value === null) continue
    if (option === undefined) settings[first] = value
    else jobDefaults[option] = value
  }
  return Object.keys(jobDefaults).length === 0 ? settings : { ...settings, jobDefaults }
}

/** `apscheduler: { job_defaults: { coalesce: true } }` is another way to write the same. */
function flatten(reader: YamlReader, fields: YamlFields, prefix = '', depth = 0): YamlFields {
  const flat = new Map<string, YamlField>()
  for (const [key, field] of fields) {
    const nested = depth < 5 && reader.isMapping(field)
    const inner: YamlFields = nested
      ? flatten(reader, reader.fields(field), `${prefix}${key}.`, depth + 1)
      : new Map([[`${prefix}${key}`, field]])
    for (const [name, found] of inner) flat.set(name, found)
  }
  return flat
}

function refuse(reader: YamlReader, key: string, field: YamlField): void {
  const value = reader.isScalar(field) ? (reader.text(field) ?? '') : ''
  if (AS_IT_IS_ANYWAY.get(key) === value) {
    reader.warn(field, 'is ignored: Pawl needs no executor or job store')
  } else if (/executor/i.test(key) && /pool/i.test(value)) {
    reader.wrong(
      field,
      'executors that are pools are not supported: jobs run in this process, beside each other. For heavy work start a worker_threads pool inside the hook',
    )
  } else {
    const known = [...KEYS.keys()].join(', ')
    reader.wrong({ ...field, offset: field.keyOffset }, `unknown key; known are ${known}`)
  }
}
