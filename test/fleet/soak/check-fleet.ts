import assert from 'node:assert/strict'
import type postgres from 'postgres'
import { CONFIRMATIONS, type RecordedChain } from '../../e2e/durable/record-chain.ts'

export interface FleetEffects {
  /** Runs of the hook that is not atomic, and how many firings they were. */
  readonly looseRuns: number
  readonly looseFirings: number
  readonly ticks: number
  readonly tocks: number
}

/** What the hooks did is what the chain says: nothing lost, nothing twice, nothing of blocks that are gone, and in order. */
export async function checkFleet(
  sql: postgres.Sql,
  { canonical }: RecordedChain,
  perLevel: number,
): Promise<FleetEffects> {
  const deepest = canonical.length - CONFIRMATIONS
  const expected = (at: number, deep: boolean): string[] =>
    canonical
      .filter((_, index) => !deep || index < deepest)
      .flatMap(({ hash }) =>
        Array.from({ length: perLevel }, (_, n) => n)
          .filter((n) => n % 4 === at)
          .map((n) => `${hash} ${n}`),
      )
      .toSorted()
  for (const [at, hook, deep] of [
    [0, 'ordered', false],
    [1, 'spread', false],
    [2, 'confirmed', true],
    [3, 'loose', true],
  ] as const) {
    const rows = await sql<{ what: string; runs: number }[]>`
      select hash || ' ' || n as what, count(*)::int as runs from effect where hook = ${hook} group by 1`
    const found = rows.map(({ what }) => what).toSorted()
    assert.deepEqual(found, expected(at, deep), `${hook}: each firing of the blocks that stayed`)
    if (hook !== 'loose')
      assert.deepEqual(
        rows.filter(({ runs }) => runs !== 1),
        [],
        `${hook}: each once`,
      )
  }
  const levels = await sql<{ level: number }[]>`select level from effect where hook = 'ordered' order by id`
  assert.ok(
    levels.every(({ level }, index) => index === 0 || level >= (levels[index - 1]?.level ?? 0)),
    'ordered: in the order they were queued',
  )
  // Each attempt is counted before it runs, so none may be there twice.
  const twice = await sql`
    select firing, attempt, count(*) from effect where hook = 'loose' group by firing, attempt having count(*) > 1`
  assert.deepEqual([...twice], [], 'loose: no more often than its attempts say')
  const ticksTwice = await sql`select firing, count(*) from tick group by firing having count(*) > 1`
  assert.deepEqual([...ticksTwice], [], 'tick: each fire time once')
  const untold = await sql`
    select run.fire_time from pawl.job_run run where run.job = 'tick' and run.status = 'succeeded'
      and not exists (select from tick where firing like 'tick %' and (substr(firing, 6))::timestamptz = run.fire_time)
      and not exists (select from pawl.firing where hook = 'tick' and state = 'queued')`
  assert.deepEqual([...untold], [], 'tick: each fire time that was fired ran')
  const tocksTwice = await sql`select fire_time, count(*) from tock group by fire_time having count(*) > 1`
  assert.deepEqual([...tocksTwice], [], 'tock: each fire time once')
  const left = await sql`
    select f.hook, f.state, count(*)::int from pawl.firing f left join pawl.index i on i.id = f.index_id
    where f.state <> 'done' and (f.level is null or i.level >= f.level + f.confirmations) and f.hook <> 'tick'
    group by f.hook, f.state`
  assert.deepEqual([...left], [], 'nothing is left')
  const [counts] = await sql<FleetEffects[]>`
    select (select count(*)::int from effect where hook = 'loose') as "looseRuns",
      (select count(distinct firing)::int from effect where hook = 'loose') as "looseFirings",
      (select count(*)::int from tick) as ticks, (select count(*)::int from tock) as tocks`
  assert.ok(counts)
  return counts
}
