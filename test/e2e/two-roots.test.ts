import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createActor } from 'xstate'
import { defineConfig, fireHook, hook, pawl } from 'pawl'
import { nextEvent } from 'pawl/testing'

/** A root on the PostgreSQL of Pawl's own in this folder, and how it ends. */
function startIn(t: TestContext, directory: string, schema: string) {
  const noted: number[] = []
  const root = createActor(
    pawl(
      defineConfig({
        directory,
        schema,
        on_reindex: async ({ sql }) => void (await sql`create table note (id int primary key)`),
        hooks: { note: hook({ run: async ({ sql }) => void noted.push((await sql`table note`).length) }) },
      }),
    ),
  )
  const synchronized = nextEvent(root, 'lifecycle', ({ state }) => state === 'synchronized')
  const standby = nextEvent(root, 'standby')
  standby.catch(() => {})
  const ended = new Promise<unknown>((resolve) =>
    root.subscribe({ complete: () => resolve('stopped'), error: resolve }),
  )
  const stop = (): Promise<unknown> => {
    if (root.getSnapshot().status === 'active') root.send({ type: 'STOP' })
    return ended
  }
  t.after(stop)
  root.start()
  return { root, synchronized, standby, stop, noted }
}

test('roots of one process share the PostgreSQL of their folder; the last one ends it', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'pawl-two-roots-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const first = startIn(t, directory, 'one')
  await first.synchronized
  const same = startIn(t, directory, 'one')
  const other = startIn(t, directory, 'two')
  // Another schema works at once; the same one stands by until the first has ended.
  await Promise.all([other.synchronized, same.standby])
  await fireHook(first.root, 'note')
  assert.equal(await first.stop(), 'stopped')
  await same.synchronized
  await Promise.all([fireHook(same.root, 'note'), fireHook(other.root, 'note')])
  assert.deepEqual(await Promise.all([same.stop(), other.stop()]), ['stopped', 'stopped'])
  const again = startIn(t, directory, 'one')
  await again.synchronized
  assert.equal(await again.stop(), 'stopped')
})
