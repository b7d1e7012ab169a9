import type { ConfigurationIssue } from '../errors.ts'
import { describeValue } from '../text/describe-value.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { checkTrigger, TRIGGER_KEYS } from './parse-trigger.ts'

/** What is wrong with another trigger of job `name`; takes anything that was written. */
export function checkReschedule(
  name: string,
  trigger: unknown,
  options: { readonly timezone: string },
): readonly ConfigurationIssue[] {
  const job = `jobs.${name}`
  if (typeof trigger !== 'object' || trigger === null || Array.isArray(trigger))
    return [
      { path: job, message: `expected a trigger such as { interval: '5m' }, got ${describeValue(trigger)}` },
    ]
  const foreign = Object.keys(trigger).filter((key) => !(TRIGGER_KEYS as readonly string[]).includes(key))
  if (foreign.length > 0) return foreign.map((key) => ({ path: `${job}.${key}`, message: whyForeign(key) }))
  return checkTrigger(trigger, options).map(({ path, message }) => ({
    path: path === '' ? job : `${job}.${path}`,
    message,
  }))
}

function whyForeign(key: string): string {
  const guess = didYouMean(key, TRIGGER_KEYS)
  if (guess !== '') return `unknown key${guess}`
  return `is no part of a trigger, which has ${listWords(TRIGGER_KEYS)}. A job of the config is changed there, and one that was added by adding it again`
}
