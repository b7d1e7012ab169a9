import postgres from 'postgres'
import { createActor, waitFor } from 'xstate'
import { defineConfig, pawl } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { median, printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const ROUNDS = 15

/** From createActor to `syncing` on a database that was indexed before, against opening one connection. */
export async function start(server: BenchServer): Promise<void> {
  const database = await server.create()
  await reachSyncing(database)
  const connecting: number[] = []
  const starting: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    connecting.push(await connect(database))
    starting.push(await reachSyncing(database))
  }
  printTable('from createActor to syncing, on an existing database', [
    ['', 'median ms', 'least–most ms'],
    ['one connection and select 1', median(connecting).toFixed(0), range(connecting)],
    ['Pawl', median(starting).toFixed(0), range(starting)],
    ['difference', (median(starting) - median(connecting)).toFixed(0), ''],
  ])
}

async function connect(database: string): Promise<number> {
  const started = performance.now()
  const sql = postgres(database, { max: 1 })
  await sql`select 1`
  const time = performance.now() - started
  await sql.end()
  return time
}

async function reachSyncing(database: string): Promise<number> {
  const chain = simulateChain({ seed: 1, length: 10 })
  const started = performance.now()
  const root = createActor(
    pawl(
      defineConfig({ database, indexes: { blocks: { datasource: chain.datasource(), handler: () => {} } } }),
    ),
  )
  const time = await new Promise<number>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => {
      if (state === 'syncing') resolve(performance.now() - started)
    })
    root.subscribe({ error: reject })
    root.start()
  })
  root.send({ type: 'STOP' })
  await waitFor(root, ({ status }) => status !== 'active')
  return time
}

function range(times: readonly number[]): string {
  return `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}`
}
