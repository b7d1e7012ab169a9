import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hook } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { startRoot } from '../hooks/running-root.ts'
import { createFolder, linkDependencies, runCli } from './cli-process.ts'

const CONFIG = `import { defineConfig } from 'pawl'
export default defineConfig({ database: process.env.DATABASE_URL })
`

for (const [executor, slots] of [
  [undefined, 5],
  [graphileWorker({ concurrency: 7 }), 7],
] as const) {
  test(
    `pawl workers tells what a process may run at a time: ${executor?.name ?? 'Pawl'}`,
    { timeout: 60_000 },
    async (t) => {
      const project = {
        ...(executor === undefined ? {} : { executor }),
        hooks: { one: hook({ run: () => {} }), four: hook({ maxConcurrency: 4, run: () => {} }) },
      }
      const indexer = await startRoot(t, { ...project, roles: ['indexer', 'scheduler'] })
      // They are listed in the order that they came.
      await indexer.state('synchronized')
      const worker = await startRoot(t, { ...project, roles: ['worker'] }, indexer)
      await worker.state('synchronized')
      const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
      linkDependencies(folder)
      const env = { DATABASE_URL: indexer.url, NO_COLOR: '1' }
      const { out, err, code } = await runCli(t, folder, ['workers', '--json'], env)
      assert.equal(code, 0, err)
      const listed = out.trim().split('\n')
      const has = listed.map((line) => {
        const { roles, slots } = JSON.parse(line) as { roles: readonly string[]; slots: number }
        return [roles.join(), slots]
      })
      assert.deepEqual(has, [
        ['indexer,scheduler', 0],
        ['worker', slots],
      ])
      const shown = await runCli(t, folder, ['workers'], env)
      assert.match(shown.out, new RegExp(`at work +worker +– +${slots} +0 +20`))
    },
  )
}
