import { ConfigReader, isFields, isText, isWhole, type Fields } from '../config/config-reader.ts'
import type { ConfigurationIssue } from '../errors.ts'
import { didYouMean } from '../text/did-you-mean.ts'

const KEYS = ['concurrency', 'schema', 'hooks', 'priority', 'queue']
/** graphile-worker keeps it in an `int2`. */
const PRIORITIES = 2 ** 15
const LONGEST_QUEUE = 128

/** What is wrong with what `graphileWorker(…)` was given, by paths within the config. */
export function checkGraphileOptions(
  options: unknown,
  hooks: readonly string[],
): readonly ConfigurationIssue[] {
  const reader = new ConfigReader()
  if (!isFields(options)) {
    reader.wrong('executor', 'expected graphileWorker({ … }) with an object of options')
    return reader.issues
  }
  reader.unknownKeys(options, KEYS, 'executor')
  reader.optional(options, 'concurrency', 'executor', 'a whole number of 1 or more', isWhole(1))
  reader.optional(options, 'schema', 'executor', 'the name of a schema', isText)
  checkQueueing(reader, options, 'executor')
  const named = reader.optional(
    options,
    'hooks',
    'executor',
    'an object with options for each hook',
    isFields,
  )
  for (const [hook, of] of Object.entries(named ?? {})) {
    const path = `executor.hooks.${hook}`
    if (!hooks.includes(hook)) reader.wrong(path, `there is no hook of this name${didYouMean(hook, hooks)}`)
    if (!isFields(of)) {
      reader.wrong(path, 'expected an object with "priority" or "queue"')
      continue
    }
    reader.unknownKeys(of, ['priority', 'queue'], path)
    checkQueueing(reader, of, path)
  }
  return reader.issues
}

function checkQueueing(reader: ConfigReader, options: Fields, path: string): void {
  const isPriority = (value: unknown): value is number => isWhole(-PRIORITIES)(value) && value < PRIORITIES
  const isQueue = (value: unknown): value is string => isText(value) && value.length <= LONGEST_QUEUE
  reader.optional(
    options,
    'priority',
    path,
    `a whole number from ${-PRIORITIES} to ${PRIORITIES - 1}`,
    isPriority,
  )
  reader.optional(options, 'queue', path, `a name of 1 to ${LONGEST_QUEUE} characters`, isQueue)
}
