import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { CliProcess } from '../cli/cli-process.ts'
import { relayTo, type Relay } from '../support/relay.ts'
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
      await takesOver(t, second, killed, 2_000)
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

  // Its network heals, or it is woken: too late, for it is no longer the one that may write.
  for (const [what, cutOff, comesBack] of [
    ['is cut off from the database', (relay: Relay) => relay.freeze(), () => {}],
    [
      'stands still',
      (_: Relay, first: CliProcess) => first.kill('SIGSTOP'),
      (first: CliProcess) => first.kill('SIGCONT'),
    ],
  ] as const) {
    test(
      `a standby takes over within 10 s from one that ${what}, which writes nothing more`,
      { timeout },
      async (t) => {
        const { url } = await createTestDatabase(t)
        const relay = await relayTo(t, url)
        const project = createProject(t, url)
        const first = project.start({ by: relay.url, holdAt: 110 })
        await first.prints(/holding/, PATIENCE)
        const second = project.start()
        await second.prints(new RegExp(`standing by: \\S+:${first.pid}:\\S+ holds the lease`), PATIENCE)
        const cut = performance.now()
        cutOff(relay, first)
        await takesOver(t, second, cut, 10_000)
        await second.prints(SYNCHRONIZED, PATIENCE)
        comesBack(first)
        const { code, err } = await first.ended
        assert.deepEqual([code, /took the lease over/.test(err)], [1, true], err)
        await interrupt(second)
        await assertUndisturbed(project, [first.pid, second.pid])
      },
    )
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

/** It goes on where the other, which was gone `from` then, stood. Within so many ms. */
async function takesOver(t: TestContext, standby: CliProcess, from: number, most: number): Promise<void> {
  await standby.prints(/syncing/, PATIENCE)
  const waited = Math.round(performance.now() - from)
  t.diagnostic(`took over after ${waited} ms`)
  assert.ok(waited < most, `took over after ${waited} ms`)
}
