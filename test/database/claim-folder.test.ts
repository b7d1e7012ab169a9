import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { claimFolder } from '../../src/database/embedded/claim-folder.ts'
import { FolderInUseError } from '../../src/errors.ts'

function folderWith(t: TestContext, claim?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-claim-'))
  t.after(() => rmSync(folder, { recursive: true }))
  if (claim !== undefined) writeFileSync(join(folder, 'pid'), claim)
  return folder
}

/** Above every limit of Linux. */
const NOBODY = 2 ** 22 + 1

describe('a folder', () => {
  test('is claimed by a file with the pid, and given back', async (t) => {
    const folder = folderWith(t)
    const release = await claimFolder(folder)
    assert.deepEqual(readdirSync(folder), ['pid'])
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), String(process.pid))
    release()
    assert.deepEqual(readdirSync(folder), [])
  })

  test('of a process that lives is refused, and its claim stays', async (t) => {
    const folder = folderWith(t, String(process.ppid))
    await assert.rejects(claimFolder(folder), FolderInUseError)
    assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), String(process.ppid))
  })

  for (const [whose, claim] of [
    ['a process that is gone', String(NOBODY)],
    ['this process, before a restart of the container', String(process.pid)],
    ['nobody, cut off in writing', ''],
    ['no process', '-1'],
    ['no number', 'x'],
  ] as const) {
    test(`with a claim of ${whose} is free`, async (t) => {
      const folder = folderWith(t, claim)
      const release = await claimFolder(folder)
      assert.equal(readFileSync(join(folder, 'pid'), 'utf8'), String(process.pid))
      release()
    })
  }
})
