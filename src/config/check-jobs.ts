import type { Hook } from '../hooks/hook.ts'
import { checkTrigger, type TriggerOptions } from '../jobs/trigger.ts'
import { checkJobArgs } from './check-job-args.ts'
import { isSystemHook } from './check-hooks.ts'
import {
  at,
  isBoolean,
  isFields,
  isText,
  isTimezone,
  isWhole,
  type ConfigReader,
  type Fields,
} from './config-reader.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'

const JOB_KEYS = [
  'hook',
  'args',
  'crontab',
  'interval',
  'daemon',
  'timezone',
  'maxInstances',
  'coalesce',
  'misfireGraceTime',
]

export function checkJobs(reader: ConfigReader, config: Fields): void {
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
  reader.optional(job, 'maxInstances', path, 'a whole number of 1 or more', isWhole(1))
  reader.optional(job, 'coalesce', path, 'true or false', isBoolean)
  reader.optional(job, 'misfireGraceTime', path, 'seconds, more than 0', isSeconds)
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
  return guess === '' ? `; defined are ${listWords(known)}` : guess
}

// What is wrong with the hook is told at the hook.
const isHook = (hook: unknown): hook is Hook =>
  isFields(hook) && isFields(hook['args']) && Object.values(hook['args']).every(isFields)

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0
