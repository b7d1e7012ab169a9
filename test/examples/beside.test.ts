import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from './running-example.ts'

const run = promisify(execFile)

// Against the real packages, which are hundreds of MB and not this repository's: `npm install` in the example's folder makes its test run.
for (const [example, indexer] of [
  ['beside-squid', '@subsquid/evm-processor'],
  ['beside-ponder', 'ponder'],
] as const) {
  const folder = join(ROOT, 'examples', example)
  const skip = existsSync(join(folder, 'node_modules', indexer))
    ? false
    : `${indexer} is not installed in examples/${example}`
  test(
    `${example}: side effects once, and none of a block that left`,
    { skip, timeout: 300_000 },
    async () => {
      const { stdout } = await run(process.execPath, ['try.mjs'], { cwd: folder })
      assert.match(stdout, /^41 announced, 41 are there to stay, 0 of those that left$/m)
    },
  )
}
