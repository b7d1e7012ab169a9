import { SYSTEM_HOOKS } from '../hooks/hook.ts'
import {
  at,
  isBoolean,
  isRunnable,
  isFields,
  isWhole,
  type ConfigReader,
  type Fields,
} from './config-reader.ts'
import { describeValue } from '../text/describe-value.ts'

export const HOOK_KEYS = ['args', 'atomic', 'blocking', 'retry', 'maxConcurrency', 'onReverted', 'run']
/** Those that `hook()` gives where the user does not. */
const MADE = ['args', 'atomic', 'blocking', 'retry', 'maxConcurrency']
const RETRY_KEYS = ['attempts', 'delay', 'maxDelay']

/** Whether `name` fires on a lifecycle event, so that no user hook and no job can have it. */
export const isSystemHook = (name: string): boolean => SYSTEM_HOOKS.some((system) => system === name)

export function checkHooks(reader: ConfigReader, config: Fields): void {
  for (const name of SYSTEM_HOOKS) reader.optional(config, name, '', 'a function (ctx) => …', isRunnable)

  for (const [name, hook] of reader.parts(config, 'hooks', 'hook')) {
    const path = at('hooks', name)
    if (isSystemHook(name)) {
      reader.wrong(
        path,
        `"${name}" is reserved: Pawl fires it on a lifecycle event. Write it as a key of the config itself, beside "hooks": ${name}: async (ctx) => { … }`,
      )
    } else if (isFields(hook)) checkHook(reader, hook, path)
    else reader.wrong(path, `expected hook({ run: async (ctx, args) => { … } }), got ${describeValue(hook)}`)
  }
}

function checkHook(reader: ConfigReader, hook: Fields, path: string): void {
  if (MADE.some((key) => hook[key] === undefined)) {
    reader.wrong(path, 'is not made by hook({ … }): wrap it in hook(), which is imported from "pawl"')
    return
  }
  reader.unknownKeys(hook, HOOK_KEYS, path)
  if (!isRunnable(hook['run'])) {
    const got = hook['run'] === undefined ? 'but there is none' : `got ${describeValue(hook['run'])}`
    reader.wrong(at(path, 'run'), `expected a function (ctx, args) => …, ${got}`)
  }
  reader.optional(hook, 'atomic', path, 'true or false', isBoolean)
  reader.optional(hook, 'blocking', path, 'true or false', isBoolean)
  reader.optional(hook, 'maxConcurrency', path, 'a whole number of 1 or more', isWhole(1))
  reader.optional(hook, 'onReverted', path, 'a function (ctx, args) => …', isRunnable)
  checkRetry(reader, hook, path)
  const args = reader.optional(
    hook,
    'args',
    path,
    'an object with a valibot schema for each argument',
    isFields,
  )
  for (const [name, schema] of Object.entries(args ?? {})) {
    if (isFields(schema) && schema['kind'] === 'schema') continue
    reader.wrong(
      at(at(path, 'args'), name),
      `expected a valibot schema such as v.boolean(), got ${describeValue(schema)}`,
    )
  }
}

function checkRetry(reader: ConfigReader, hook: Fields, hookPath: string): void {
  const retry = reader.optional(hook, 'retry', hookPath, 'an object with attempts, and delay', isFields)
  if (retry === undefined) return
  const path = at(hookPath, 'retry')
  reader.unknownKeys(retry, RETRY_KEYS, path)
  reader.optional(retry, 'attempts', path, 'a whole number of 1 or more', isWhole(1))
  for (const key of ['delay', 'maxDelay'])
    reader.optional(retry, key, path, `seconds, from 0 to ${LONGEST_DELAY}`, isSeconds)
}

/** 100,000 days, as for the intervals of jobs: far beyond them a time is none any more. */
const LONGEST_DELAY = 100_000 * 86_400

const isSeconds = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LONGEST_DELAY
