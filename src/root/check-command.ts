import { randomUUID } from 'node:crypto'
import { ConfigReader, isBoolean, isFields, isText, type Fields } from '../config/config-reader.ts'
import { CallbackTypeError, ConfigurationError, type PawlError } from '../errors.ts'
import type { PawlEvent } from '../events.ts'
import { describeIssue } from '../text/describe-issue.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'

interface Field {
  readonly expected: string
  readonly passes: (value: unknown) => boolean
  readonly required?: true
}

const name = (of: string): Field => ({ expected: `the name of ${of}`, passes: isText, required: true })
/** Of any value: what it has to be is told where it is used, with more words. */
const ANY: Field = { expected: '', passes: () => true }
const FLAG: Field = { expected: 'true or false', passes: isBoolean }
const JOB = { job: name('a job') }

/** What users send, and the fields that it has. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  FIRE_HOOK: {
    hook: name('a hook'),
    args: ANY,
    id: { expected: 'a text', passes: isText },
    wait: ANY,
    key: ANY,
    confirmations: ANY,
    awaited: ANY,
  },
  ADD_JOB: { ...JOB, config: ANY, temporary: FLAG },
  REMOVE_JOB: JOB,
  RESCHEDULE_JOB: {
    ...JOB,
    trigger: { expected: 'an object with crontab, interval or daemon', passes: isFields, required: true },
  },
  PAUSE_JOB: JOB,
  RESUME_JOB: JOB,
  RUN_JOB: JOB,
  ADD_INDEX: { index: name('an index'), config: ANY },
  REMOVE_INDEX: { index: name('an index') },
  REINDEX: { redeliver: FLAG },
  RESTART: {},
  STOP: {},
}

/**
 * What is wrong with an event that was sent to the root: no compiler looks at what comes from JavaScript.
 * @param known types of events that are not users'
 */
export function commandProblem(event: unknown, known: readonly string[]): PawlError | undefined {
  const type = isFields(event) ? event['type'] : undefined
  if (!isFields(event) || !isText(type))
    return wrong(`the root takes events such as { type: 'STOP' }, and was sent ${describeValue(event)}`)
  const fields = Object.hasOwn(COMMANDS, type) ? COMMANDS[type] : undefined
  if (fields === undefined) {
    if (type.startsWith('xstate.') || known.includes(type)) return undefined
    const types = Object.keys(COMMANDS)
    return wrong(
      `the root takes no ${describeValue(type)}${didYouMean(type, types) || `; it takes ${listWords(types)}`}`,
    )
  }
  const reader = new ConfigReader()
  reader.unknownKeys(event, ['type', ...Object.keys(fields)], type)
  for (const [key, { expected, passes, required }] of Object.entries(fields)) {
    if (required && event[key] === undefined)
      reader.wrong(`${type}.${key}`, `expected ${expected}, but there is none`)
    else reader.optional(event, key, type, expected, (value): value is unknown => passes(value))
  }
  if (reader.issues.length === 0) return undefined
  if (type !== 'FIRE_HOOK') return new ConfigurationError(reader.issues)
  return new CallbackTypeError(`no hook was fired: ${reader.issues.map(describeIssue).join('; ')}`)
}

const wrong = (message: string): ConfigurationError => new ConfigurationError([{ path: '', message }])

/** The event that tells of a command that is wrong; undefined: there is none for it. */
export function tellWrong(event: object, error: PawlError): PawlEvent | undefined {
  const { type, hook, id, job, index } = event as Fields
  const command = type as never
  if (type === 'FIRE_HOOK') {
    const firing = isText(id) ? id : randomUUID()
    return {
      type: 'hook.failed',
      firing,
      hook: nameOf(hook),
      origin: { type: 'outside' },
      duration: 0,
      error,
    }
  }
  if (typeof type !== 'string' || !Object.hasOwn(COMMANDS, type)) return undefined
  if (type.endsWith('_JOB')) return { type: 'job.refused', job: nameOf(job), command, error }
  if (type.endsWith('_INDEX')) return { type: 'index.refused', index: nameOf(index), command, error }
  return undefined
}

const nameOf = (given: unknown): string => (isText(given) ? given : describeValue(given))
