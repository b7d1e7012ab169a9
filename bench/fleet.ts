import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runMigrations } from 'graphile-worker'
import postgres from 'postgres'
import { createActor } from 'xstate'
import { fireHook, pawl } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { fleetHooks, type FleetKind } from './fleet-hooks.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const WORKER = fileURLToPath(new URL('./fleet-worker.js', import.meta.url))
const KINDS: readonly FleetKind[] = ['local', 'graphile', 'bare', 'tuned']
const PROCESSES = [1, 2, 4] as const
/** At a time, in all processes. */
const CONCURRENCY = 8
const ROUNDS = Number(process.env['PAWL_BENCH_ROUNDS'] ?? 3)
const COUNT = Number(process.env['PAWL_BENCH_COUNT'] ?? 2_000)

/** Durable firings of an empty hook that is not atomic, drained by one, two and four worker processes. */
export async function fleet(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const processes of PROCESSES) {
    const fleets = await Promise.all(KINDS.map(async (kind) => open(kind, await server.create(), processes)))
    const times = Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Record<
      FleetKind,
      number[]
    >
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [at, kind] of KINDS.entries()) {
        const took = await fleets[at]?.drain()
        if (round > 0 && took !== undefined) times[kind].push(took)
      }
    }
    for (const opened of fleets) await opened.end()
    const ratio = (ours: FleetKind, theirs: FleetKind): string =>
      median(times[ours].map((time, at) => (times[theirs][at] ?? Number.NaN) / time)).toFixed(2)
    rows.push([
      String(processes),
      ...KINDS.map((kind) => rate(COUNT, median(times[kind]))),
      ratio('local', 'bare'),
      ratio('graphile', 'bare'),
      ratio('graphile', 'tuned'),
    ])
  }
  printTable(`fleet: durable firings a second of an empty hook, ${CONCURRENCY} at a time in all`, [
    [
      'processes',
      'Pawl',
      'Pawl + graphile-worker',
      'graphile-worker',
      'tuned',
      'Pawl : bare',
      'both : bare',
      'both : tuned',
    ],
    ...rows,
  ])
}

async function open(kind: FleetKind, url: string, processes: number) {
  const queue = kind === 'bare' || kind === 'tuned' ? await openBare(url) : await openPawl(kind, url)
  /** ms from when all are on the queue until the last has run. */
  const drain = async (): Promise<number> => {
    // For each round: those of all kinds together would need more connections than a server has, and disturb each other.
    const workers = await Promise.all(
      Array.from({ length: processes }, () =>
        startWorker([kind, url, String(CONCURRENCY / processes), String(CONCURRENCY)]),
      ),
    )
    let left = COUNT
    const drained = new Promise<void>((resolve) => {
      for (const worker of workers) {
        worker.on('message', (done: unknown) => {
          if (typeof done !== 'number') return
          left -= done
          if (left <= 0) resolve()
        })
      }
    })
    await queue.fill()
    const started = performance.now()
    await drained
    const took = performance.now() - started
    await queue.empty()
    for (const worker of workers) {
      worker.disconnect()
      await once(worker, 'exit')
    }
    return took
  }
  return { drain, end: () => queue.end() }
}

async function startWorker(args: readonly string[]): Promise<ChildProcess> {
  const worker = fork(WORKER, args)
  await new Promise<void>((resolve, reject) => {
    // It may tell what it did of the last round before.
    worker.on('message', (message) => void (message === 'ready' && resolve()))
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)))
  })
  return worker
}

/** Also the jobs that are done with: else the next round would begin with them. */
async function untilEmpty(sql: postgres.Sql, table: 'graphile_worker.jobs' | 'pawl.firing'): Promise<void> {
  for (;;) {
    const [row] = await sql<{ left: number }[]>`select count(*)::int as left from ${sql(table)}`
    if (row?.left === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function openBare(connectionString: string) {
  const sql = postgres(connectionString, { max: 1, onnotice: () => {} })
  await runMigrations({ connectionString })
  return {
    fill: () => sql`
      select graphile_worker.add_job('bench', json_build_object('n', n)) from generate_series(1, ${COUNT}::int) n`,
    empty: () => untilEmpty(sql, 'graphile_worker.jobs'),
    end: () => sql.end(),
  }
}

async function openPawl(kind: FleetKind, database: string) {
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  const root = createActor(
    pawl({
      database,
      roles: ['indexer', 'scheduler'],
      hooks: fleetHooks(CONCURRENCY),
      ...(kind === 'graphile' ? { executor: graphileWorker() } : {}),
    }),
  )
  const synchronized = new Promise<void>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => void (state === 'synchronized' && resolve()))
    root.subscribe({ error: reject })
  })
  root.start()
  await synchronized
  return {
    fill: () => fireHook(root, 'fill', { count: COUNT }),
    empty: async () => {
      await untilEmpty(sql, 'pawl.firing')
      if (kind === 'graphile') await untilEmpty(sql, 'graphile_worker.jobs')
    },
    end: async () => {
      const ended = new Promise<void>((resolve) => root.subscribe({ complete: resolve }))
      root.send({ type: 'STOP' })
      await ended
      await sql.end()
    },
  }
}
