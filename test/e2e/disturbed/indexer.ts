// Indexes two recorded chains in a process of its own, so that a test can disturb it: `indexer.js <database> <folder> [wipe]`.
import { join } from 'node:path'
import { createActor } from 'xstate'
import { defineConfig, pawl, PawlError, type IndexConfig } from 'pawl'
import { replay } from 'pawl/replay'
import { IMMUNE_TABLES, INDEXES, SCHEMA, writeLevel, type IndexName } from './write-level.ts'

/** Levels. More than the deepest reorg, few enough that the journal is pruned on the way. */
const FINALITY = 20

const [database = '', folder = '', wipe] = process.argv.slice(2)

const follow = (index: IndexName): IndexConfig => ({
  datasource: replay({ file: join(folder, `${index}.ndjson`), finality: FINALITY }),
  handler: ({ sql }, block) => writeLevel(sql, index, block),
})

const root = createActor(
  pawl(
    defineConfig({
      database,
      immuneTables: IMMUNE_TABLES,
      indexes: Object.fromEntries(INDEXES.map((index) => [index, follow(index)])),
      on_reindex: async ({ sql }) => {
        await sql.unsafe(SCHEMA)
      },
    }),
  ),
)
let toWipe = wipe === 'wipe'
root.on('lifecycle', ({ state }) => {
  if (!toWipe || state !== 'syncing') return
  toWipe = false
  root.send({ type: 'REINDEX' })
})
root.on('index.failed', ({ index, error }) => console.error(index, error))
root.subscribe({
  error: (error) => {
    // Whoever runs it starts it again then, as a supervisor does.
    process.send?.(error instanceof PawlError ? error.code : 'unknown')
    if (!(error instanceof PawlError && error.code === 'LEASE_LOST')) console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', () => root.send({ type: 'STOP' }))
root.start()
