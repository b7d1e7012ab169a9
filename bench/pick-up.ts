import { Logger, run, runMigrations } from 'graphile-worker'
import postgres from 'postgres'
import * as v from 'valibot'
import { createActor } from 'xstate'
import { fireHook, hook, pawl } from 'pawl'
import { printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const SAMPLES = 500
/** ms between two: the machine is idle when one comes. */
const PAUSE = 4

/** How soon after its commit a durable firing begins, on an idle root, beside graphile-worker. */
export async function pickUp(server: BenchServer): Promise<void> {
  const rows = [
    ['Pawl', ...summary(await ours(await server.create()))],
    ['graphile-worker', ...summary(await theirs(await server.create()))],
  ]
  printTable('hooks: from the commit of a durable firing to its callback, ms', [
    ['', 'p50', 'p99', 'most'],
    ...rows,
  ])
}

function summary(times: readonly number[]): string[] {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1)
  return [at(0.5), at(0.99), at(1)]
}

/** Both are told of a job by whoever has just committed it; `begun` is what the callback calls. */
async function sample(commit: () => Promise<unknown>, began: () => Promise<number>): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < SAMPLES + 20; n += 1) {
    const beginning = began()
    await commit()
    const committed = performance.now()
    const time = (await beginning) - committed
    // It may begin before the answer to COMMIT is here.
    if (n >= 20) times.push(Math.max(0, time))
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
  return times
}

async function ours(database: string): Promise<number[]> {
  let begun = (_: number): void => {}
  const root = createActor(
    pawl({
      database,
      hooks: {
        probe: hook({ run: () => begun(performance.now()) }),
        fire: hook({
          args: { n: v.number() },
          atomic: true,
          run: (ctx) => ctx.fireHook('probe', {}, { wait: false }),
        }),
      },
    }),
  )
  const synchronized = new Promise<void>((resolve) => {
    root.on('lifecycle', ({ state }) => void (state === 'synchronized' && resolve()))
  })
  root.start()
  await synchronized
  const times = await sample(
    () => fireHook(root, 'fire', { n: 1 }),
    () => new Promise((resolve) => (begun = resolve)),
  )
  const ended = new Promise<void>((resolve) => void root.subscribe({ complete: resolve }))
  root.send({ type: 'STOP' })
  await ended
  return times
}

async function theirs(connectionString: string): Promise<number[]> {
  const sql = postgres(connectionString, { max: 1, onnotice: () => {} })
  await runMigrations({ connectionString })
  let begun = (_: number): void => {}
  const runner = await run({
    connectionString,
    concurrency: 1,
    noHandleSignals: true,
    taskList: { probe: () => begun(performance.now()) },
    logger: new Logger(() => () => {}),
  })
  const times = await sample(
    () => sql`select graphile_worker.add_job('probe')`,
    () => new Promise((resolve) => (begun = resolve)),
  )
  await runner.stop()
  await sql.end()
  return times
}
