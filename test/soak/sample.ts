import type { DatabaseMeasure } from './measure-database.ts'
import type { ProcessMeasure } from './measure-process.ts'

/** What is measured at one moment. */
export interface Sample extends ProcessMeasure, DatabaseMeasure {
  /** Minutes, or days of virtual time, since the start. */
  readonly at: number
  readonly level: number
  /** Of jobs, since the sample before. */
  readonly fired: number
  /** Ms that jobs fired after their fire times since the sample before: the median, and the most. */
  readonly late: number
  readonly latest: number
}

const MB = 2 ** 20

const SHOWN: Readonly<Record<string, (sample: Sample) => string>> = {
  'RSS MB': ({ rss }) => (rss / MB).toFixed(1),
  'heap MB': ({ heapUsed }) => (heapUsed / MB).toFixed(2),
  'of it code MB': ({ code }) => (code / MB).toFixed(2),
  handles: ({ handles }) => String(handles),
  files: ({ files }) => String(files),
  connections: ({ connections }) => String(connections),
  "Pawl's tables MB": ({ ownTables }) => (ownTables / MB).toFixed(2),
  'firing rows': ({ firings }) => String(firings),
  'job_run rows': ({ runs }) => String(runs),
  level: ({ level }) => String(level),
  fired: ({ fired }) => String(fired),
  'late ms, median': ({ late }) => String(late),
  'late ms, most': ({ latest }) => String(latest),
  'CPU s': ({ cpu }) => (cpu / 1e6).toFixed(1),
}

/** The head of the table. */
export function printColumns(unit: string): void {
  const columns = [unit, ...Object.keys(SHOWN)]
  console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => ' --- |').join('')}`)
}

/** One line of it. */
export function printSample(sample: Sample): void {
  console.log(`| ${[String(sample.at), ...Object.values(SHOWN).map((show) => show(sample))].join(' | ')} |`)
}
