import * as v from 'valibot'
import { CallbackTypeError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { shorten } from '../text/shorten.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { reasonOf } from '../text/reason-of.ts'
import type { Hook, HookArgs, HookOutput } from './hook.ts'

/** A message that goes on for pages is read by nobody: so many problems are told of in one argument, … */
const MOST_ISSUES = 3
/** … and so many arguments that the hook does not have. */
const MOST_UNKNOWN = 10

/** Something that is wrong with an argument of a firing. */
export interface ArgumentProblem {
  readonly argument: string
  readonly message: string
}

/**
 * The arguments as the hook's schemas put them out.
 * @param subject the firing, as the error calls it: `hook "stats", fired by job "midnight",`
 * @throws CallbackTypeError that lists every wrong, missing and unknown argument
 */
export async function checkArguments<Args extends HookArgs>(
  subject: string,
  hook: Hook<Args>,
  args: unknown,
): Promise<HookOutput<Args>> {
  if (typeof args !== 'object' || args === null || isList(args)) {
    throw wrongArguments(subject, hook, [
      `expected an object of arguments by name, received ${describeValue(args)}`,
    ])
  }
  const given = entriesOf(args)
  if (given === undefined) throw wrongArguments(subject, hook, ['they cannot be read'])
  const parsed = new Map<string, Parsed>()
  for (const [name, schema] of Object.entries(hook.args)) {
    const value = given.get(name)
    parsed.set(name, isAsync(schema) ? await parseInTime(schema, value) : parse(schema, value))
  }
  const problems = judge(hook, given, parsed)
  if (problems.length > 0) {
    throw wrongArguments(
      subject,
      hook,
      problems.map(({ message }) => message),
    )
  }
  const output = [...parsed].map(([name, result]) => [name, 'output' in result ? result.output : undefined])
  // Defines the keys, so that one called `__proto__` is an argument like any other.
  return Object.fromEntries(
    output.filter(([name, value]) => value !== undefined || given.has(name as string)),
  ) as HookOutput<Args>
}

/** What `checkArguments` will find wrong, as far as it can be known now: not what asynchronous schemas will say. */
export function foreseeProblems(
  hook: Hook,
  args: Readonly<Record<string, unknown>>,
): readonly ArgumentProblem[] {
  const given = entriesOf(args) ?? new Map<string, unknown>()
  const parsed = new Map<string, Parsed>()
  for (const [name, schema] of Object.entries(hook.args)) {
    if (!isAsync(schema)) parsed.set(name, parse(schema, given.get(name)))
  }
  return judge(hook, given, parsed)
}

/** Undefined where a proxy or a getter of the user's throws. */
function entriesOf(args: object): ReadonlyMap<string, unknown> | undefined {
  try {
    return new Map<string, unknown>(Object.entries(args))
  } catch {
    return undefined
  }
}

type Parsed =
  | v.SafeParseResult<v.GenericSchema>
  /** By a transformation of the user's that throws instead of reporting. */
  | { readonly thrown: unknown }

type Schema = HookArgs[string]

const isAsync = (schema: Schema): boolean => schema.async as boolean

function parse(schema: Schema, value: unknown): Parsed {
  try {
    return v.safeParse(schema as v.GenericSchema, value)
  } catch (error) {
    return { thrown: error }
  }
}

async function parseInTime(schema: Schema, value: unknown): Promise<Parsed> {
  try {
    return await v.safeParseAsync(schema, value)
  } catch (error) {
    return { thrown: error }
  }
}

function judge(
  hook: Hook,
  given: ReadonlyMap<string, unknown>,
  parsed: ReadonlyMap<string, Parsed>,
): readonly ArgumentProblem[] {
  const known = Object.keys(hook.args)
  const wrong = [...parsed].flatMap(([argument, result]) =>
    describeResult(argument, given.get(argument), result).map((message) => ({ argument, message })),
  )
  const unknown = [...given.keys()].filter((argument) => !known.includes(argument))
  const told = unknown.slice(0, MOST_UNKNOWN).map((argument) => ({
    argument,
    message: `unknown argument ${nameOf(argument)}${didYouMean(argument, known)}`,
  }))
  const [next] = unknown.slice(MOST_UNKNOWN)
  const rest = `and ${unknown.length - MOST_UNKNOWN} more unknown arguments`
  return [...wrong, ...told, ...(next === undefined ? [] : [{ argument: next, message: rest }])]
}

function describeResult(name: string, value: unknown, result: Parsed): readonly string[] {
  if ('thrown' in result)
    return [`argument ${nameOf(name)} cannot be checked: ${shorten(reasonOf(result.thrown), 200)}`]
  if (result.success) return []
  const { issues } = result
  if (value === undefined) return [`argument ${nameOf(name)} is missing, expected ${expectedBy(issues[0])}`]
  const told = issues.slice(0, MOST_ISSUES).map((issue) => {
    const path = [name, ...(issue.path ?? []).map(({ key }) => describeKey(key))].join('.')
    return `argument ${nameOf(path)} expected ${expectedBy(issue)}, received ${describeValue(issue.input)}`
  })
  return issues.length > MOST_ISSUES
    ? [...told, `and ${issues.length - MOST_ISSUES} more in ${nameOf(name)}`]
    : told
}

const describeKey = (key: unknown): string =>
  typeof key === 'string' || typeof key === 'number' ? String(key) : describeValue(key)

const nameOf = (argument: string): string => `"${shorten(argument, 80)}"`

/** Not the message as it comes: valibot's own quotes all of what it received. */
function expectedBy(issue: v.BaseIssue<unknown>): string {
  const { message, expected, received, kind } = issue
  const label = /^Invalid ([^:]*): /.exec(message)?.[1]
  if (label === undefined || !message.endsWith(`eceived ${received}`)) return `"${shorten(message, 200)}"`
  if (expected === null) return label
  return shorten(kind === 'schema' ? expected : `${label} ${expected}`, 200)
}

function wrongArguments(subject: string, hook: Hook, problems: readonly string[]): CallbackTypeError {
  // valibot puts a union into brackets by itself.
  const taken = Object.entries(hook.args).map(
    ([name, { expects }]) => `${name} ${/^\(.*\)$/.test(expects) ? expects : `(${expects})`}`,
  )
  return new CallbackTypeError(`${subject} was given wrong arguments: ${problems.join('; ')}`, {
    hint: taken.length === 0 ? 'The hook takes no arguments.' : `The hook takes ${taken.join(', ')}.`,
  })
}

function isList(value: object): boolean {
  try {
    return Array.isArray(value)
  } catch {
    // A proxy that was revoked; reading it fails, too.
    return false
  }
}
