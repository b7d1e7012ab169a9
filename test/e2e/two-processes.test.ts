import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import {
  assertUndisturbed,
  createProject,
  interrupt,
  PATIENCE,
  SYNCHRONIZED,
  undisturbed,
} from './killed/project.ts'

const timeout = 300_000
// What is left behind is looked for in /proc.
const skip = process.platform !== 'linux'

describe('two processes', { concurrency: 2, timeout, skip }, () => {
  test('a standby takes over from one that SIGINT stops', { timeout }, async (t) => {
    const { url } = await createTestDatabase(t)
    const project = createProject(t, url)
    const first = project.start({ length: 60 })
    await first.prints(SYNCHRONIZED, PATIENCE)
    const second = project.start()
    await second.prints(/◌ standing by: \S+ holds the lease of this schema\n/, PATIENCE)
    await interrupt(first)
    await second.prints(SYNCHRONIZED, PATIENCE)
    await interrupt(second)
    await assertUndisturbed(project, [first.pid, second.pid])
  })

  // Far below finality many levels share a transaction: all of the first's are undone with the one that it was in.
  for (const [where, holdAt, firstWrote] of [
    ['below finality', 30, false],
    ['above finality', 110, true],
  ] as const) {
    test(`a standby takes over within 2 s from one that is killed ${where}`, { timeout }, async (t) => {
      const { url } = await createTestDatabase(t)
      const project = createProject(t, url)
      const first = project.start({ holdAt })
      await first.prints(/holding/, PATIENCE)
      const second = project.start()
      await second.prints(new RegExp(`standing by: \\S+:${first.pid}:\\S+ holds the lease`), PATIENCE)
      const killed = performance.now()
      first.kill('SIGKILL')
      await second.prints(/syncing/, PATIENCE)
      const waited = performance.now() - killed
      assert.ok(waited < 2_000, `took over after ${waited} ms`)
      await second.prints(SYNCHRONIZED, PATIENCE)
      await interrupt(second)
      const { writers, ...stored } = await project.stored()
      assert.deepEqual(stored, undisturbed())
      const possible = [[first.pid, second.pid], ...(firstWrote ? [] : [[second.pid]])]
      assert.ok(
        possible.some((each) => String(each) === String(writers)),
        `written by ${writers.join()}`,
      )
    })
  }

  test('an embedded database refuses the second, and the first goes on', { timeout }, async (t) => {
    const project = createProject(t)
    const first = project.start()
    await first.prints(/under way/, PATIENCE)
    const second = await project.start().ended
    assert.deepEqual(
      [second.code, second.err.split('\n')],
      [
        1,
        [
          `error: process ${first.pid} already runs Pawl's own PostgreSQL in <folder>/.pawl`,
          `Stop process ${first.pid} first; or, to run several processes on one database, set "database" (or DATABASE_URL) to a PostgreSQL server.`,
          '',
        ],
      ],
    )
    await first.prints(SYNCHRONIZED, PATIENCE)
    await interrupt(first)
    await assertUndisturbed(project, [first.pid])
  })
})
