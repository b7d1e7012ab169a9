import type { Mutation } from './mutation.ts'

/** Faults that no test can find, or none needs to, by their file and what is changed; and why. */
const EXPLAINED: readonly { readonly file: string; readonly fault: string; readonly why: string }[] = [
  {
    file: 'jobs/crontab',
    fault: 'if (cache.size >= CACHE_SIZE) → if (cache.size > CACHE_SIZE)',
    why: 'one evaluator more is kept; the size is arbitrary',
  },
  {
    file: 'jobs/crontab',
    fault: 'if (answers.size >= MOST_ANSWERS) → if (answers.size > MOST_ANSWERS)',
    why: 'one answer more is kept; the number is arbitrary, and an answer is the same whether it is kept or not',
  },
  {
    file: 'jobs/crontab',
    fault: 'paused: true, → paused: false,',
    why: 'croner starts a timer only for a job with a function, and there is none: it is said to be sure',
  },
  {
    file: 'jobs/trigger',
    fault:
      'const time = trigger.next(before !== undefined && before > after ? before : after); → const time = trigger.next(before !== undefined && before >= after ? before : after);',
    why: 'where they are equal, either is the same time',
  },
  {
    file: 'jobs/fire-heap',
    fault:
      'if (parent === undefined || parent.at <= entry.at) → if (parent === undefined || parent.at < entry.at)',
    why: 'two of one time may stand in either order',
  },
  {
    file: 'jobs/fire-heap',
    fault:
      'const child = right !== undefined && left !== undefined && right.at < left.at ? right : left; → const child = right !== undefined && left !== undefined && right.at <= left.at ? right : left;',
    why: 'two of one time may stand in either order',
  },
  {
    file: 'jobs/fire-heap',
    fault:
      'if (child === undefined || child.at >= entry.at) → if (child === undefined || child.at > entry.at)',
    why: 'two of one time may stand in either order',
  },
  {
    file: 'jobs/last-fire-time',
    fault: 'while (after - last.getTime() > 1) { → while (after - last.getTime() >= 1) {',
    why: 'one step more, which finds the same: no two fire times are less than a second apart',
  },
  {
    file: 'jobs/last-fire-time',
    fault:
      'const middle = new Date(Math.floor((last.getTime() + after) / 2)); → const middle = new Date(Math.ceil((last.getTime() + after) / 2));',
    why: 'halving ends at the same time, whichever way it rounds',
  },
]

/** Undefined: nobody has explained it. */
export function explanationOf({ file, fault }: Mutation): string | undefined {
  return EXPLAINED.find((each) => each.file === file && each.fault === fault)?.why
}
