import type { Hook } from '../hooks/hook.ts'
import type { ConfigurationIssue } from '../errors.ts'
import { parseInterval } from '../jobs/interval.ts'
import { checkTrigger, TRIGGER_KEYS, type TriggerOptions } from '../jobs/parse-trigger.ts'
import { checkJobArgs } from './check-job-args.ts'
import { isSystemHook } from './check-hooks.ts'
import {
  at,
  isBoolean,
  isFields,
  isText,
  isTimezone,
  isWhole,
  ConfigReader,
  type Fields,
} from './config-reader.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'

export const JOB_KEYS = [
  'hook',
  'args',
  ...TRIGGER_KEYS,
  'maxInstances',
  'coalesce',
  'misfireGraceTime',
  'catchUp',
  'when',
  'retry',
  'onError',
  'wait',
  'paused',
]

const DEFAULT_KEYS = ['maxInstances', 'coalesce', 'misfireGraceTime']
const RETRY_KEYS = ['attempts', 'delay', 'factor', 'maxDelay']

/** What is wrong with one job beside the hooks of a config that was checked: for a job that is added at run time. */
export function checkJobAlone(config: object, name: string, job: unknown): readonly ConfigurationIssue[] {
  const reader = new ConfigReader()
  const { hooks = {}, timezone } = config as Fields
  checkJobs(reader, { hooks, timezone, jobs: { [name]: job } })
  return reader.issues
}

export function checkJobs(reader: ConfigReader, config: Fields): void {
  checkDefaults(reader, config)
  const hooks = isFields(config['hooks']) ? config['hooks'] : {}
  // A time zone that cannot be used is told where it stands, not at every job.
  const defaults = isTimezone(config['timezone']) ? { timezone: config['timezone'] } : {}
  for (const [name, job] of reader.parts(config, 'jobs', 'job')) {
    const path = at('jobs', name)
    if (isFields(job)) checkJob(reader, job, path, hooks, defaults)
    else reader.wrong(path, `expected { hook, and crontab, interval or daemon }, got ${describeValue(job)}`)
  }
}

function checkJob(
  reader: ConfigReader,
  job: Fields,
  path: string,
  hooks: Fields,
  defaults: TriggerOptions,
): void {
  reader.unknownKeys(job, JOB_KEYS, path)
  checkShared(reader, job, path)
  reader.optional(job, 'catchUp', path, 'true or false', isBoolean)
  reader.optional(job, 'paused', path, 'true or false', isBoolean)
  reader.optional(job, 'when', path, 'always, syncing or synchronized', isOneOf(WHEN))
  reader.optional(job, 'onError', path, 'continue or stop', isOneOf(ON_ERROR))
  checkRetry(reader, job, path)
  if (job['daemon'] === true) refuseOfDaemon(reader, job, path)
  const wait = reader.optional(job, 'wait', path, 'false', (value): value is false => value === false)
  if (wait === false && job['daemon'] === true)
    reader.wrong(at(path, 'wait'), 'a daemon has no fire times that could be queued: leave wait out')
  for (const { path: key, message } of checkTrigger(job, defaults))
    reader.wrong(key === '' ? path : at(path, key), message)

  const args = reader.optional(job, 'args', path, 'an object with the arguments of the hook', isFields)
  const hook = findHook(reader, job, path, hooks)
  if (hook === undefined) return
  if (job['daemon'] === true && hook.atomic) {
    reader.wrong(
      at(path, 'daemon'),
      `hook "${String(job['hook'])}" is atomic, and a daemon never ends: its transaction would never commit. Set atomic: false in the hook, or give the job an interval`,
    )
  }
  // Not an error: other jobs can run, and this one may never fire.
  if (job['args'] === undefined || args !== undefined) checkJobArgs(reader, args ?? {}, hook, path)
}

function checkDefaults(reader: ConfigReader, config: Fields): void {
  const defaults = reader.optional(config, 'jobDefaults', '', 'an object', isFields)
  if (defaults !== undefined) {
    reader.unknownKeys(defaults, DEFAULT_KEYS, 'jobDefaults')
    checkShared(reader, defaults, 'jobDefaults')
  }
  reader.optional(config, 'jobHistory', '', "seconds (1 or more), or '12h', '30d'", isDuration)
}

function checkShared(reader: ConfigReader, job: Fields, path: string): void {
  reader.optional(job, 'maxInstances', path, 'a whole number of 1 or more', isWhole(1))
  reader.optional(job, 'coalesce', path, 'true or false', isBoolean)
  reader.optional(job, 'misfireGraceTime', path, 'seconds, more than 0', isSeconds)
}

function checkRetry(reader: ConfigReader, job: Fields, jobPath: string): void {
  const retry = reader.optional(job, 'retry', jobPath, 'an object with attempts, and delay', isFields)
  if (retry === undefined) return
  const path = at(jobPath, 'retry')
  reader.unknownKeys(retry, RETRY_KEYS, path)
  reader.optional(retry, 'attempts', path, 'a whole number of 1 or more', isWhole(1))
  reader.optional(retry, 'delay', path, "seconds (1 or more), or '90s', '5m'", isDuration)
  reader.optional(retry, 'maxDelay', path, "seconds (1 or more), or '90s', '5m'", isDuration)
  reader.optional(
    retry,
    'factor',
    path,
    'a number of 1 or more',
    (value): value is number => typeof value === 'number' && value >= 1 && Number.isFinite(value),
  )
  if (job['daemon'] === true) {
    if (retry['attempts'] !== undefined)
      reader.wrong(at(path, 'attempts'), 'a daemon is always started again: leave it out')
  } else if (retry['attempts'] === undefined)
    reader.wrong(at(path, 'attempts'), 'is missing: write how many runs a firing has at most, such as 3')
}

/** Rules that say nothing of a daemon: each is more likely a mistake than nothing. */
function refuseOfDaemon(reader: ConfigReader, job: Fields, path: string): void {
  for (const [key, why] of Object.entries(NOT_OF_DAEMONS))
    if (job[key] !== undefined) reader.wrong(at(path, key), `${why}: leave it out`)
}

const NO_FIRE_TIMES = 'a daemon has no fire times'
const NOT_OF_DAEMONS = {
  maxInstances: 'a daemon runs once at a time',
  coalesce: NO_FIRE_TIMES,
  misfireGraceTime: NO_FIRE_TIMES,
  catchUp: NO_FIRE_TIMES,
  onError: 'a daemon is always started again',
}

function findHook(reader: ConfigReader, job: Fields, path: string, hooks: Fields): Hook | undefined {
  const name = job['hook']
  if (!isText(name)) {
    const got = name === undefined ? 'but there is none' : `got ${describeValue(name)}`
    reader.wrong(at(path, 'hook'), `expected the name of a hook to fire, ${got}`)
    return undefined
  }
  if (isSystemHook(name)) {
    reader.wrong(
      at(path, 'hook'),
      `"${name}" fires on a lifecycle event only; a job fires one of your own hooks`,
    )
    return undefined
  }
  const hook = Object.hasOwn(hooks, name) ? hooks[name] : undefined
  if (hook === undefined)
    reader.wrong(at(path, 'hook'), `there is no hook "${name}"${knownHooks(name, hooks)}`)
  return isHook(hook) ? hook : undefined
}

function knownHooks(name: string, hooks: Fields): string {
  const known = Object.keys(hooks).filter((hook) => !isSystemHook(hook))
  if (known.length === 0) return '; none is defined under "hooks"'
  const guess = didYouMean(name, known)
  return guess === '' ? `; defined ${known.length === 1 ? 'is' : 'are'} ${listWords(known)}` : guess
}

// What is wrong with the hook is told at the hook.
const isHook = (hook: unknown): hook is Hook =>
  isFields(hook) && isFields(hook['args']) && Object.values(hook['args']).every(isFields)

const WHEN = ['always', 'syncing', 'synchronized'] as const
const ON_ERROR = ['continue', 'stop'] as const

const isOneOf =
  <Word extends string>(words: readonly Word[]) =>
  (value: unknown): value is Word =>
    (words as readonly unknown[]).includes(value)

function isDuration(value: unknown): value is number | string {
  if (typeof value !== 'number' && typeof value !== 'string') return false
  try {
    parseInterval(value)
    return true
  } catch {
    return false
  }
}

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
