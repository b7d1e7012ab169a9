import { JOB_KEYS } from '../check-jobs.ts'
import { at } from '../config-reader.ts'
import type { ConfigPlaces } from './config-places.ts'
import { readOption, toCamel, toSnake } from './snake-case.ts'
import type { YamlHook } from './yaml-hooks.ts'
import type { ScalarReading, YamlField, YamlReader } from './yaml-reader.ts'

export type YamlJob = Readonly<Record<string, unknown>>

const OPTIONS = JOB_KEYS.filter((key) => key !== 'args').map(toSnake)

/** The jobs as `Config` has them; whether they can be is for `checkConfig` to say. */
export function readYamlJobs(
  reader: YamlReader,
  section: YamlField | undefined,
  hooks: readonly YamlHook[],
  places: ConfigPlaces,
): ReadonlyMap<string, YamlJob> {
  const jobs = new Map<string, YamlJob>()
  if (section !== undefined) places.set('jobs', section)
  for (const [name, field] of reader.fields(section, 'a mapping with a job for each name')) {
    places.set(at('jobs', name), field)
    jobs.set(name, readJob(reader, name, field, hooks, places))
  }
  return jobs
}

function readJob(
  reader: YamlReader,
  name: string,
  field: YamlField,
  hooks: readonly YamlHook[],
  places: ConfigPlaces,
): YamlJob {
  const path = at('jobs', name)
  const fields = reader.fields(field, '{ hook, and crontab, interval or daemon }')
  reader.unknownKeys(fields, ['args', ...OPTIONS])
  const job: Record<string, unknown> = {}
  for (const key of OPTIONS) {
    const option = fields.get(key)
    const value =
      option === undefined ? undefined : readOption(reader, option, at(path, toCamel(key)), places)
    // `daemon: false` beside a crontab says nothing.
    if (value !== undefined && !(key === 'daemon' && value === false)) job[toCamel(key)] = value
  }
  const args = fields.get('args')
  if (args === undefined) return job
  const hook = hooks.find((candidate) => candidate.name === job['hook'])
  return { ...job, args: readArgs(reader, args, at(path, 'args'), hook, places) }
}

/** Types whose values are no text in YAML. */
const NO_TEXT = ['bool', 'int', 'float', 'bigint', 'list', 'dict', 'Any']

/** @param type as it is written; undefined: not known */
function readingFor(type: string | undefined): ScalarReading {
  const names = type?.match(/[\w.]+/g) ?? ['Any']
  return {
    variablesAsText: names.includes('str') || !names.some((name) => NO_TEXT.includes(name)),
    // Else it would have lost digits before it becomes a decimal.
    decimalsAsText: names.includes('decimal.Decimal') && !names.includes('float'),
  }
}

function readArgs(
  reader: YamlReader,
  field: YamlField,
  path: string,
  hook: YamlHook | undefined,
  places: ConfigPlaces,
): unknown {
  places.set(path, field)
  const entries = [...reader.fields(field, 'a mapping with the arguments of the hook')].map(([name, arg]) => {
    places.set(at(path, name), arg)
    return [name, reader.value(arg, readingFor(hook?.args.get(name)?.schema.expects))] as const
  })
  return Object.fromEntries(entries)
}
