import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { removeDrafts } from '../../src/database/embedded/initialise-folder.ts'

// Stands for an initdb whose parent was killed: it makes no folder anew, but writes into what is there until it cannot.
const WRITER = `
const { writeFileSync } = require('node:fs')
const until = Date.now() + 1000
for (let n = 0; Date.now() < until; n += 1) {
  writeFileSync('file' + n, '')
  if (n === 100) console.log('under way')
}
`

test('a draft that is still written to is removed all the same', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-drafts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const draft = join(folder, 'postgres.draft-0')
  mkdirSync(draft)
  mkdirSync(join(folder, 'postgres'))
  const writer = spawn(process.execPath, ['-e', WRITER], { cwd: draft, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(writer, 'exit')
  await once(writer.stdout, 'data')
  await removeDrafts(join(folder, 'postgres'))
  await ended
  assert.deepEqual(readdirSync(folder), ['postgres'])
})
