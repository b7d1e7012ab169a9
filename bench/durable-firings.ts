import { Logger, run, runMigrations, type Task } from 'graphile-worker'
import postgres from 'postgres'
import { fireHook } from 'pawl'
import { startRoot } from './hook-root.ts'
import { median, printTable, rate } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 3
const COUNT = 1_000
const CONCURRENCIES = [1, 4, 10] as const

/** Durable firings against graphile-worker 0.17.3: the queue is full, and drained at the same concurrency. */
export async function durableFirings(server: BenchServer): Promise<void> {
  const ours = await startRoot(await server.create())
  const theirs = await openGraphile(await server.create())
  const rows: string[][] = []
  for (const guarantee of ['atomic', 'loose'] as const) {
    for (const concurrency of CONCURRENCIES) {
      const times: { readonly ours: number; readonly theirs: number; readonly tuned: number }[] = []
      for (let round = 0; round <= ROUNDS; round += 1) {
        const time = {
          ours: await drainOurs(ours, `${guarantee}_${concurrency}`),
          theirs: await theirs.drain(guarantee, concurrency, false),
          tuned: await theirs.drain(guarantee, concurrency, true),
        }
        if (round > 0) times.push(time)
      }
      const of = (which: keyof (typeof times)[number]): number => median(times.map((time) => time[which]))
      rows.push([
        guarantee === 'atomic' ? 'exactly once' : 'at least once',
        String(concurrency),
        rate(COUNT, of('ours')),
        rate(COUNT, of('theirs')),
        rate(COUNT, of('tuned')),
        median(times.map((time) => time.theirs / time.ours)).toFixed(2),
        median(times.map((time) => time.tuned / time.ours)).toFixed(2),
      ])
    }
  }
  await ours.stop()
  await theirs.end()
  printTable('hooks: durable firings a second, one insert each', [
    ['effect', 'at a time', 'Pawl', 'graphile-worker', 'tuned', 'ratio', 'to tuned'],
    ...rows,
  ])
}

async function drainOurs(
  { root, finished }: Awaited<ReturnType<typeof startRoot>>,
  hook: string,
): Promise<number> {
  const done = finished(hook, COUNT)
  await fireHook(root, 'fill', { hook, count: COUNT })
  const started = performance.now()
  await done
  return performance.now() - started
}

/** Its own retries deliver a job again after a crash; a row in the effect's transaction makes that one effect. */
const TASKS: Readonly<Record<'atomic' | 'loose', Task>> = {
  atomic: async (payload, { withPgClient, job }) => {
    await withPgClient(async (client) => {
      await client.query('begin')
      const first = await client.query('insert into handled values ($1) on conflict do nothing', [job.id])
      if (first.rowCount === 1) await client.query('insert into effect (n) values ($1)', [nOf(payload)])
      await client.query('commit')
    })
  },
  loose: async (payload, { withPgClient }) => {
    await withPgClient((client) => client.query('insert into effect (n) values ($1)', [nOf(payload)]))
  },
}

/** It tells of each job. */
const QUIET = new Logger(() => () => {})

const nOf = (payload: unknown): number => (payload as { readonly n: number }).n

async function openGraphile(connectionString: string) {
  const sql = postgres(connectionString, { max: 1, onnotice: () => {} })
  await sql`create table effect (id bigint generated always as identity primary key, n int)`
  await sql`create table handled (id bigint primary key)`
  await runMigrations({ connectionString })
  const drain = async (
    guarantee: 'atomic' | 'loose',
    concurrency: number,
    tuned: boolean,
  ): Promise<number> => {
    // Not in a named queue, which would keep the order over several processes, too: 0.17.3 then takes one job a poll interval.
    await sql`
      select graphile_worker.add_job('bench', json_build_object('n', n))
      from generate_series(1, ${COUNT}::int) n`
    let left = COUNT
    let resolve = (): void => {}
    const done = new Promise<void>((settle) => (resolve = settle))
    const task: Task = async (payload, helpers) => {
      await TASKS[guarantee](payload, helpers)
      if (--left === 0) resolve()
    }
    const started = performance.now()
    const runner = await run({
      connectionString,
      maxPoolSize: concurrency + 5,
      concurrency,
      noHandleSignals: true,
      taskList: { bench: task },
      preset: tuned ? { worker: { localQueue: { size: 100 }, completeJobBatchDelay: 0 } } : {},
      logger: QUIET,
    })
    await done
    const took = performance.now() - started
    await runner.stop()
    return took
  }
  return { drain, end: () => sql.end() }
}
