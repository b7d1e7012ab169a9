import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Database } from '../../src/database/database.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'

export interface Fleet {
  /** Of an empty database. */
  readonly url: string
  readonly processes: number
  readonly jobs: number
  readonly seconds: number
}

export interface FleetResult {
  readonly kills: number
  readonly firings: number
  /** Died with their process, and had no attempt left. */
  readonly lost: number
  /** Ran again. */
  readonly retried: number
}

const PROGRAM = fileURLToPath(new URL('fleet-process.js', import.meta.url))

const running = (child: ChildProcess): Promise<unknown> => once(child.stdout ?? child, 'data')

/**
 * Runs the same jobs in several processes on one database, kills one after the other with SIGKILL all the time, and checks
 * what the rows say against what ran.
 */
export async function runFleet({ url, processes, jobs, seconds }: Fleet): Promise<FleetResult> {
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  const children = new Set<ChildProcess>()
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [PROGRAM, url, String(jobs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    child.once('exit', () => void children.delete(child))
    return child
  }
  try {
    await migrate(database)
    await database.sql`create table ran (job text, fire_time timestamptz)`
    const fleet = Array.from({ length: processes }, start)
    await Promise.all(fleet.map(running))
    let kills = 0
    // Real processes die in real time: nothing to wait for but that.
    for (const end = Date.now() + seconds * 1_000; Date.now() < end;) {
      const at = kills++ % processes
      await sleep(400)
      fleet[at]?.kill('SIGKILL')
      const next = start()
      fleet[at] = next
      await running(next)
    }
    await untilTakenOver(database)
    await Promise.all(fleet.map(stop))
    return await check(database, kills)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await database.close()
  }
}

/** What the last one killed left behind is taken over before the others stop. */
async function untilTakenOver(database: Database): Promise<void> {
  const own = database.sql(database.ownSchema)
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(100)) {
    const [left] = await database.sql`
      select from ${own}.job_run run where status in ('due', 'running')
        and not exists (select from ${own}.process where process.id = run.owner)`
    if (left === undefined) return
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
}

async function check(database: Database, kills: number): Promise<FleetResult> {
  const own = database.sql(database.ownSchema)
  const open =
    await database.sql`select job, fire_time, status from ${own}.job_run where finished_at is null and status <> 'due'`
  assert.deepEqual([...open], [], 'firings that nobody ended')
  const often = await database.sql`
    select run.job, run.fire_time, attempt, count(*) from ${own}.job_run run join ran using (job, fire_time)
    group by 1, 2, 3 having count(*) > attempt`
  assert.deepEqual([...often], [], 'more runs than attempts')
  const unseen = await database.sql`
    select job, fire_time from ran where not exists (
      select from ${own}.job_run run where run.job = ran.job and run.fire_time = ran.fire_time)`
  assert.deepEqual([...unseen], [], 'runs without a row')
  const hollow = await database.sql`
    select job, fire_time from ${own}.job_run run where status = 'succeeded'
      and not exists (select from ran where ran.job = run.job and ran.fire_time = run.fire_time)`
  assert.deepEqual([...hollow], [], 'said to have run, but did not')
  // Each fire time is in one row, its own or that of the firing that stood for it.
  const gaps = await database.sql`
    select name, stood, (extract(epoch from accounted - anchor) / (substring(schedule from '[0-9]+'))::int)::int as due
    from ${own}.job join (select job, sum(fire_times)::int as stood from ${own}.job_run group by 1) run on run.job = name
    where stood <> (extract(epoch from accounted - anchor) / (substring(schedule from '[0-9]+'))::int)::int`
  assert.deepEqual([...gaps], [], 'fire times unaccounted for')
  const [seen] = await database.sql<{ runs: bigint; lost: bigint; retried: bigint }[]>`
    select count(*) as runs, count(*) filter (where status = 'lost') as lost,
      count(*) filter (where attempt > 1) as retried from ${own}.job_run`
  assert.ok(seen !== undefined && seen.runs > 0n && kills > 0)
  return { kills, firings: Number(seen.runs), lost: Number(seen.lost), retried: Number(seen.retried) }
}
