import type { Sample } from './sample.ts'

export interface Verdict {
  readonly facts: readonly string[]
  /** Empty: all is as it must be. */
  readonly faults: readonly string[]
}

const MB = 2 ** 20
/** Of jobs that run, and of a beat of the look that prunes. */
const ROWS_IN_FLIGHT = 30

/**
 * How much more there may be at the end than at the beginning, by the line that fits the samples best. Rows of the queue and
 * the journal come and go by 50 levels at a time; what leaks with every firing or level is thousands in either run.
 */
const LIMITS: Readonly<Record<string, readonly [of: (sample: Sample) => number, most: number]>> = {
  'heap after gc but code, MB': [({ heapUsed, code }) => (heapUsed - code) / MB, 1.5],
  'RSS after gc, MB': [({ rss }) => rss / MB, 16],
  handles: [({ handles }) => handles, 6],
  'open files': [({ files }) => files, 6],
  connections: [({ connections }) => connections, 4],
  "Pawl's tables, MB": [({ ownTables }) => ownTables / MB, 1.5],
  'rows of durable firings': [({ firings }) => firings, 60],
}

/**
 * Is it flat? Adds what the samples say to what is known already. `history` is how many firings of jobs the run brings in the
 * time that their rows are kept (`jobHistory`): pruned as often as that, there are once to twice as many.
 */
export function judge(
  samples: readonly Sample[],
  { facts, faults }: Verdict,
  { history }: { readonly history: number },
): Verdict {
  const [found, wrong] = [[...facts], [...faults]]
  const limits: typeof LIMITS = { ...LIMITS, 'rows of job firings': [({ runs }) => runs, history] }
  for (const [name, [of, most]] of Object.entries(limits)) {
    const values = samples.map(of)
    const growth = growthOf(
      samples.map(({ at }) => at),
      values,
    )
    const text = `${name}: ${round(Math.min(...values))} to ${round(Math.max(...values))}; from first to last ${round(growth)} more (limit ${most})`
    if (growth < most) found.push(text)
    else wrong.push(text)
  }
  const runs = Math.max(...samples.map((sample) => sample.runs))
  if (runs > 2 * history + ROWS_IN_FLIGHT)
    wrong.push(`${runs} rows of job firings, of ${history} in the time that they are kept`)
  return { facts: found, faults: wrong }
}

const round = (value: number): string => String(Math.round(value * 100) / 100)

/** From the first to the last, by least squares. */
function growthOf(times: readonly number[], values: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length
  const [time, value] = [mean(times), mean(values)]
  let above = 0
  let below = 0
  for (const [index, at] of times.entries()) {
    above += (at - time) * ((values[index] ?? value) - value)
    below += (at - time) ** 2
  }
  return below === 0 ? 0 : (above / below) * ((times.at(-1) ?? 0) - (times[0] ?? 0))
}
