import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { randomNumbers } from '../../e2e/durable/record-chain.ts'
import { FleetProcesses, type FleetProject } from './fleet-processes.ts'

export interface FleetRun extends FleetProject {
  /** Of each process its roles. */
  readonly members: readonly string[]
  readonly kills: number
  /** ms between two kills. */
  readonly every: number
  readonly seed: number
  /** Links that are cut for 2 to 12 s, one after the other, beside the kills. Needs `network`. */
  readonly cuts?: number
}

export interface FleetOutcome {
  readonly kills: Readonly<Record<string, number>>
  /** ms from the death of a worker until what it had was another's, of those that had something. */
  readonly recoveries: readonly number[]
}

/** Runs a fleet, kills one of its processes after the other, waits until all is done, and stops them. */
export async function runFleet(sql: postgres.Sql, run: FleetRun): Promise<FleetOutcome> {
  const fleet = new FleetProcesses(run, run.members)
  const random = randomNumbers(run.seed)
  const kills: Record<string, number> = {}
  const recoveries: Promise<number | undefined>[] = []
  const work = async (): Promise<void> => {
    await untilMade(sql)
    const cutting = cutLinks(run)
    for (let kill = 0; kill < run.kills; kill += 1) {
      await sleep(run.every)
      const { members } = fleet
      const victim = members[Math.floor(random() * members.length)]
      if (victim === undefined) continue
      fleet.kill(victim.pid)
      kills[victim.roles] = (kills[victim.roles] ?? 0) + 1
      recoveries.push(recovery(sql, victim.pid))
    }
    await cutting
    await fleet.ended
    await untilDone(sql)
    await fleet.stop()
  }
  try {
    await Promise.race([work(), fleet.failed])
  } finally {
    fleet.destroy()
  }
  const times = await Promise.all(recoveries)
  return { kills, recoveries: times.filter((time) => time !== undefined) }
}

async function cutLinks({ cuts = 0, network, members, seed }: FleetRun): Promise<void> {
  const random = randomNumbers(seed + 1)
  for (let cut = 0; network !== undefined && cut < cuts; cut += 1) {
    const at = Math.floor(random() * members.length)
    network.cut(at)
    await sleep(2_000 + random() * 10_000)
    network.heal(at)
    await sleep(1_000)
  }
}

/** Nothing waits any more but for levels that will not come. */
async function untilDone(sql: postgres.Sql): Promise<void> {
  for (;;) {
    const left = await sql`
      select from pawl.firing f left join pawl.index i on i.id = f.index_id
      where f.state in ('queued', 'running') and f.hook <> 'tick'
        and (f.level is null or i.level >= f.level + f.confirmations) limit 1`
    if (left.length === 0) return
    await sleep(200)
  }
}

async function untilMade(sql: postgres.Sql): Promise<void> {
  for (;;) {
    const [made] = await sql`select to_regclass('public.effect') as effect`
    if (made?.['effect'] !== null) return
    await sleep(100)
  }
}

/** What a killed process had: undefined where that was nothing. */
async function recovery(sql: postgres.Sql, pid: number): Promise<number | undefined> {
  const died = performance.now()
  const [process] = await sql<{ id: string }[]>`
    select id from pawl.process where pid = ${pid} order by started_at desc limit 1`
  if (process === undefined) return undefined
  for (let had = false; ;) {
    const [row] = await sql<{ left: number }[]>`
      select (select count(*) from pawl.firing where worker = ${process.id})::int
        + (select count(*) from pawl.lane where process = ${process.id})::int
        + (select count(*) from pawl.receiver where process = ${process.id})::int as left`
    if (row?.left === 0) return had ? performance.now() - died : undefined
    had = true
    await sleep(50)
  }
}
