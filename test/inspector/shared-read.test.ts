import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedRead } from '../../src/inspector/shared-read.ts'

test('a read is shared, and nobody waits for one that takes too long', async () => {
  const settles: ((value: string) => void)[] = []
  const read = sharedRead(() => new Promise<string>((resolve) => settles.push(resolve)), 1)
  assert.deepEqual(await Promise.all([read(), read(), read()]), [undefined, undefined, undefined])
  assert.equal(await read(), undefined)
  assert.equal(settles.length, 1)
  const late = read()
  settles[0]?.('it answers')
  assert.equal(await late, 'it answers')
  const next = read()
  assert.equal(settles.length, 2)
  settles[1]?.('again')
  assert.equal(await next, 'again')
})

test('what cannot be read is nothing', async () => {
  assert.equal(await sharedRead(() => Promise.reject(new Error('down')), 1_000)(), undefined)
})
