import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import postgres from 'postgres'
import { createMigratedDatabase } from '../support/test-database.ts'

const PROGRAM = fileURLToPath(new URL('poison-process.js', import.meta.url))

/** Starts before it is given up: one more than are needed. */
const STARTS = 6

const CASES = [
  [true, 1, 'Pawl'],
  [true, 2, 'Pawl'],
  [true, 1, 'graphile-worker'],
  [false, 1, 'Pawl'],
] as const

for (const [atomic, slots, executor] of CASES) {
  const which = `atomic: ${atomic}, maxConcurrency: ${slots}, ${executor}`
  test(`a firing that ends its process is dead after its attempts (${which})`, async (t) => {
    const { url } = await createMigratedDatabase(t)
    const start = (fires: string): number | null => {
      const args = [PROGRAM, url, String(atomic), String(slots), executor, fires]
      return spawnSync(process.execPath, args, { timeout: 30_000, stdio: 'inherit' }).status
    }
    let ended = start('fire')
    let starts = 1
    for (; ended === 9 && starts < STARTS; starts += 1) ended = start('')
    assert.equal(ended, 0, `start ${starts} ended with ${ended}`)
    const sql = postgres(url, { max: 1 })
    const left = await sql`select state, attempts, error from pawl.firing where state = 'dead'`
    await sql.end()
    assert.deepEqual([left.length, left[0]?.['attempts']], [1, 2])
    assert.match(String(left[0]?.['error']), /its process ended each time/)
  })
}
