import postgres from 'postgres'
import { simulateChain } from 'pawl/testing'
import { checkOutcome } from './check-outcome.ts'
import { judge, type Verdict } from './judge.ts'
import { measureDatabase } from './measure-database.ts'
import { observe } from './observed-process.ts'
import { printColumns, printSample, type Sample } from './sample.ts'

/** Of a run: caches fill. */
const WARM_UP = 1 / 4
const PRINT_EVERY_DAYS = 7
/** Of two days, as `virtual-child.ts` keeps them: about 125 firings a day. */
const HISTORY = 250

interface Told {
  readonly facts: readonly string[]
  readonly faults: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

/** Runs so many days on a clock that is driven, takes a sample each, and judges them. */
export async function runVirtual(databaseUrl: string, days: number): Promise<Verdict> {
  const sql = postgres(databaseUrl, {
    max: 1,
    onnotice: () => {},
    connection: { application_name: 'soak' },
  })
  const chain = simulateChain({ seed: 'soak', length: 1, finality: 32 })
  const process = observe('./virtual-child.js', [databaseUrl, String(days)], chain)
  const told = process.told<Told | undefined>('told')
  printColumns('day')
  const samples: Sample[] = []
  for (;;) {
    const measured = await Promise.race([process.told<Sample>('sample'), told.then(() => undefined)])
    if (measured === undefined) break
    await vacuum(sql)
    const sample = { ...measured, ...(await measureDatabase(sql)), level: chain.head.level }
    samples.push(sample)
    if (sample.at % PRINT_EVERY_DAYS === 0) printSample(sample)
  }
  const code = await process.ended
  const { facts, faults, counts } = (await told) ?? { facts: [], faults: [], counts: {} }
  const verdict = {
    facts: [
      ...facts,
      `${chain.head.level + 1} levels, ${counts['index.rolledBack'] ?? 0} reorgs, ${counts['hook.finished'] ?? 0} hooks finished, ` +
        `${counts['job.retried'] ?? 0} retried`,
    ],
    faults: [
      ...(code === 0 ? [] : [`the process ended with ${code}`]),
      ...faults,
      ...(await checkOutcome(sql, chain)),
    ],
  }
  await sql.end()
  return judge(
    samples.filter(({ at }) => at > days * WARM_UP),
    verdict,
    { history: HISTORY },
  )
}

/** A day's work of autovacuum, which begins it once a real minute: by then months have passed here. */
async function vacuum(sql: postgres.Sql): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select oid::regclass::text as name from pg_class where relkind = 'r' and relnamespace = 'pawl'::regnamespace`
  await sql.unsafe(`vacuum ${tables.map(({ name }) => name).join(', ')}`)
}
