import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as delayed } from 'node:timers/promises'
import {
  assertUndisturbed,
  commandLine,
  createProject,
  runToTheEnd,
  serversIn,
  interrupt,
  PATIENCE,
  SYNCHRONIZED,
  undisturbed,
} from './killed/project.ts'

const timeout = 300_000
// What is left behind is looked for in /proc.
const skip = process.platform !== 'linux'

describe('kill -9 with the embedded database', { concurrency: 2, timeout, skip }, () => {
  test('at any moment', { timeout }, async (t) => {
    const project = createProject(t)
    for (const delay of KILL_AFTER) {
      const killed = project.start()
      await delayed(delay)
      killed.kill('SIGKILL')
      assert.equal((await killed.ended).err, '', `killed after ${delay} ms`)
    }
    await runToTheEnd(project)
    const { writers: _, ...stored } = await project.stored()
    assert.deepEqual(stored, undisturbed())
  })

  test('in a handler', { timeout }, async (t) => {
    const project = createProject(t)
    const first = project.start({ holdAt: 110 })
    await first.prints(/holding/, PATIENCE)
    first.kill('SIGKILL')
    await first.ended
    const second = project.start()
    await second.prints(SYNCHRONIZED, PATIENCE)
    await interrupt(second)
    assert.deepEqual(serversIn(project.folder), [])
    await assertUndisturbed(project, [first.pid, second.pid])
  })

  test('while the data folder is made', { timeout }, async (t) => {
    const project = createProject(t)
    const killed = project.start()
    await seen(() => isBeingMade(project.folder), t.signal)
    killed.kill('SIGKILL')
    await killed.ended
    await runToTheEnd(project, { length: 30 })
    assert.deepEqual(readdirSync(join(project.folder, '.pawl')).toSorted(), ['password', 'postgres'])
  })

  test('while the server starts: it ends, too', { timeout }, async (t) => {
    const project = createProject(t)
    await runToTheEnd(project, { length: 30 })
    const killed = project.start()
    await seen(() => serversIn(project.folder).some(isServer), t.signal)
    killed.kill('SIGKILL')
    await killed.ended
    // Else it goes on without it.
    await seen(() => serversIn(project.folder).length === 0, AbortSignal.timeout(PATIENCE))
    await runToTheEnd(project, { length: 30 })
  })
})

/** ms. From before anything is there over the making of the folder to the indexing; the same in each run. */
const KILL_AFTER = randomMoments(Number(process.env['PAWL_TEST_SEED'] ?? 1), 5)

function randomMoments(seed: number, count: number): readonly number[] {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647
    return 300 + (state % 1_700)
  })
}

/** initdb writes this file early, and a second later it is done. */
function isBeingMade(folder: string): boolean {
  const own = join(folder, '.pawl')
  return existsSync(own) && readdirSync(own).some((name) => existsSync(join(own, name, 'PG_VERSION')))
}

const isServer = (pid: number): boolean => commandLine(String(pid)).includes('listen_addresses=')

/** Waits for other processes' state, which nothing tells us of; not past the end of the test. */
async function seen(look: () => boolean, signal: AbortSignal): Promise<void> {
  while (!look()) await delayed(2, undefined, { signal })
}
