import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { launch } from '../../src/database/embedded/launch-postgres.ts'

// Stands for a PostgreSQL that does not heed signals yet. Ends by itself, so that it is not left behind.
const DEAF_AT_FIRST = `#!${process.execPath}
let heard = 0
process.on('SIGINT', () => {
  if (++heard < 3) return
  require('node:fs').writeFileSync('stopped', '')
  process.exit()
})
setTimeout(() => process.exit(1), 5000)
console.error('ready to accept connections')
`

const skip = process.platform === 'win32'

test('a server that misses the first signals is still stopped', { skip }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'pawl-launch-'))
  t.after(() => rmSync(data, { recursive: true }))
  const program = join(data, 'postgres.cjs')
  writeFileSync(program, DEAF_AT_FIRST, { mode: 0o755 })
  const server = await launch({ program, data, user: undefined, settings: [] })
  await server.stop()
  assert.ok(existsSync(join(data, 'stopped')))
})
