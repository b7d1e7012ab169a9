import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFolder } from '../cli/cli-process.ts'
import { kill, LIMIT, openExample, ROOT, stop } from './running-example.ts'

test('rows are seeded once, wholly or not at all, and again after a wipe', LIMIT, async (t) => {
  const example = await openExample(t, 'seed-rows')
  const { sql } = example
  const labels = async () => [...(await sql`select account, name from label order by account`)]
  const tokens = async () => (await sql`select symbol from token order by symbol`).map(({ symbol }) => symbol)
  const list = JSON.parse(readFileSync(join(ROOT, 'examples/seed-rows/labels.json'), 'utf8')) as Label[]
  const seeded = list.toSorted((a, b) => (a.account < b.account ? -1 : 1))

  const folder = createFolder(t, {
    'labels.json': JSON.stringify([seeded[0], { account: '0x1', name: null }]),
  })
  const failing = await example.start({ LABELS: join(folder, 'labels.json') }).ended
  assert.equal(failing.code, 1)
  assert.match(failing.err, /null value in column "name"/)
  assert.deepEqual([await tokens(), await labels()], [['BEAN', 'CORN', 'RYE'], []])

  const first = example.start()
  await example.atHead(first)
  await kill(first)
  assert.deepEqual(await labels(), seeded)
  await sql`update label set name = 'changed by hand'`

  example.reorg(4)
  const second = example.start()
  await example.atHead(second)
  await stop(second)
  assert.deepEqual(
    await labels(),
    seeded.map((label) => ({ ...label, name: 'changed by hand' })),
  )

  assert.equal((await example.pawl('schema', 'wipe', '--force')).code, 0)
  const third = example.start()
  await example.atHead(third)
  await stop(third)
  assert.deepEqual([await tokens(), await labels()], [['BEAN', 'CORN', 'RYE'], seeded])
})

interface Label {
  readonly account: string
  readonly name: string
}
