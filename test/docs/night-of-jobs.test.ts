import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT } from './read-pages.ts'

const run = promisify(execFile)

test(
  'the night of jobs in docs/testing.md fires at the clock change, and its process ends',
  { timeout: 120_000 },
  async (t) => {
    const page = readFileSync(join(ROOT, 'docs', 'testing.md'), 'utf8')
    const block = [...page.matchAll(/```ts\n([^]*?)```/g)].find(([, code]) =>
      code?.includes('runOneNight'),
    )?.[1]
    assert.ok(block)
    // In the package, which imports itself by its name; with the database of its own that the example has.
    const parent = join(ROOT, 'dist', 'examples-of-docs')
    mkdirSync(parent, { recursive: true })
    const directory = mkdtempSync(join(parent, 'night-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const file = join(directory, 'night.mjs')
    writeFileSync(file, `${block}\nconsole.log((await runOneNight()).toISOString())\n`)
    const { stdout } = await run(process.execPath, [file], { cwd: directory, timeout: 110_000 })
    assert.equal(stdout.trim(), '2026-03-29T01:00:00.000Z')
  },
)
