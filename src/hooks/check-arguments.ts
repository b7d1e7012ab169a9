import * as v from 'valibot'
import { CallbackTypeError } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import type { Hook, HookArgs, HookOutput } from './hook.ts'

/**
 * The arguments as the hook's schemas put them out.
 * @throws CallbackTypeError that lists every wrong, missing and unknown argument
 */
export async function checkArguments<Args extends HookArgs>(
  name: string,
  hook: Hook<Args>,
  args: Readonly<Record<string, unknown>>,
): Promise<HookOutput<Args>> {
  const problems: string[] = []
  // No prototype: `__proto__` and `constructor` are names like any other.
  const output: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [argument, schema] of Object.entries(hook.args)) {
    const given = Object.hasOwn(args, argument) ? args[argument] : undefined
    // Checking may be asynchronous, and one argument's schema may not delay the report of another's: one by one is enough.
    const result = await v.safeParseAsync(schema, given)
    if (result.success) output[argument] = result.output
    else problems.push(...describeIssues(argument, result.issues, given))
  }
  const known = Object.keys(hook.args)
  for (const argument of Object.keys(args)) {
    if (!Object.hasOwn(hook.args, argument)) {
      problems.push(`unknown argument "${argument}"${didYouMean(argument, known)}`)
    }
  }
  if (problems.length === 0) return output as HookOutput<Args>
  throw new CallbackTypeError(`hook "${name}" was fired with wrong arguments: ${problems.join('; ')}`, {
    hint:
      known.length === 0
        ? `Hook "${name}" takes no arguments.`
        : `Hook "${name}" takes: ${known.map((argument) => `${argument} (${hook.args[argument]?.expects ?? ''})`).join(', ')}.`,
  })
}

function describeIssues(
  argument: string,
  issues: readonly v.BaseIssue<unknown>[],
  given: unknown,
): readonly string[] {
  if (given === undefined)
    return [`argument "${argument}" is missing (expected ${issues[0]?.expected ?? 'a value'})`]
  return issues.map((issue) => {
    const path = [argument, ...(issue.path ?? []).map(({ key }) => String(key))].join('.')
    const expected = issue.expected ?? issue.message
    return `argument "${path}" expected ${expected}, received ${describeValue(issue.input)}`
  })
}
