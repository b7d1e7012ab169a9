import postgres from 'postgres'
import { simulateChain } from 'pawl/testing'
import { checkOutcome } from './check-outcome.ts'
import { judge, type Verdict } from './judge.ts'
import { measureDatabase } from './measure-database.ts'
import { observe } from './observed-process.ts'
import { pageViewers } from './page-viewers.ts'
import { printColumns, printSample, type Sample } from './sample.ts'
import { JOB_HISTORY_MINUTES } from './soak-project.ts'

const SAMPLE_EVERY = 60_000
/**
 * Caches fill, the compiler compiles what runs rarely, connections open: not judged. In two hours the heap grew by 0.8 MB in the second ten
 * minutes, 0.4 in the third and 0.1 to 0.2 in each from then on, and nothing of it stays of levels, pages or requests.
 */
const warmUpOf = (minutes: number): number => Math.max(Math.min(10, minutes / 2), minutes / 4)
const VIEWER_EVERY = 30_000
const VIEWER_STAYS = 20_000
/** For the last block, and for what waited for it. */
const SETTLE = 10_000

interface Told {
  readonly jobs: Readonly<
    Record<
      string,
      { readonly first: number; readonly last: number; readonly fireTimes: number; readonly firings: number }
    >
  >
  readonly counts: Readonly<Record<string, number>>
}

/** Ms between fire times. */
const INTERVALS: Readonly<Record<string, number>> = {
  ten_seconds: 10_000,
  quarter: 15_000,
  minutely: 60_000,
  flaky: 30_000,
  durable: 20_000,
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Runs for so many real minutes, takes a sample each, and judges them. */
export async function runReal(databaseUrl: string, minutes: number): Promise<Verdict> {
  const sql = postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'soak' },
  })
  const chain = simulateChain({ seed: 'soak', length: 1, finality: 32 })
  const process = observe('./real-child.js', [databaseUrl], chain)
  const [url, page] = await Promise.all([process.told<string>('url'), process.told<string>('page')])
  const viewers = setInterval(() => void look(url).catch(() => {}), VIEWER_EVERY)
  const pages = pageViewers(page)

  printColumns('minute')
  const samples: Sample[] = []
  const began = Date.now()
  for (let minute = 1; minute <= minutes; minute += 1) {
    await sleep(began + minute * SAMPLE_EVERY - Date.now())
    const measure = process.told<Sample | undefined>('sample')
    process.send('sample')
    const measured = await measure
    if (measured === undefined) break
    const sample = {
      ...measured,
      ...(await measureDatabase(sql)),
      at: minute,
      level: chain.head.level,
    }
    samples.push(sample)
    printSample(sample)
  }

  clearInterval(viewers)
  const seen = pages.close()
  process.send('settle')
  await sleep(SETTLE)
  const told = process.told<Told | undefined>('told')
  process.send('stop')
  const { jobs, counts } = (await told) ?? { jobs: {}, counts: {} }
  const code = await process.ended

  const facts: string[] = []
  const faults: string[] = code === 0 ? [] : [`the process ended with ${code}`]
  for (const [job, interval] of Object.entries(INTERVALS)) {
    const seen = jobs[job] ?? { first: 0, last: Number.NaN, fireTimes: 0, firings: 0 }
    const due = (seen.last - seen.first) / interval + 1
    const text = `${job}: ${due} fire times by the clock, ${seen.fireTimes} accounted for, in ${seen.firings} firings`
    if (seen.fireTimes === due) facts.push(text)
    else faults.push(text)
  }
  facts.push(
    `${chain.head.level + 1} levels, ${counts['index.rolledBack'] ?? 0} reorgs, ${counts['hook.finished'] ?? 0} hooks finished, ` +
      `${counts['hook.dropped'] ?? 0} dropped, ${counts['job.retried'] ?? 0} retried`,
  )
  facts.push(
    `the page was looked at ${seen.viewers} times, by one to three at once: ${seen.messages} messages, ${Math.round(seen.bytes / 1e6)} MB`,
  )
  if (seen.without > 0) faults.push(`${seen.without} viewers of the page were told nothing`)
  faults.push(...(await checkOutcome(sql, chain)))
  await sql.end()
  return judge(
    samples.filter(({ at }) => at > warmUpOf(minutes)),
    { facts, faults },
    {
      history: Object.values(INTERVALS).reduce((sum, ms) => sum + (JOB_HISTORY_MINUTES * 60_000) / ms, 0),
    },
  )
}

/** A viewer from outside, on a connection that it keeps for a while. */
async function look(url: string): Promise<void> {
  const gone = AbortSignal.timeout(VIEWER_STAYS)
  while (!gone.aborted) {
    for (const path of ['/health', '/ready', '/metrics']) await (await fetch(url + path)).text()
    await sleep(5_000)
  }
}
