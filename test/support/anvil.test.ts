import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test from 'node:test'
import { startAnvil, withoutAnvil } from './anvil.ts'

test('mines only when told', { skip: withoutAnvil }, async (t) => {
  const anvil = await startAnvil(t)
  assert.equal(await anvil.rpc('eth_blockNumber'), '0x0')
  await anvil.rpc('evm_mine')
  assert.equal(await anvil.rpc('eth_blockNumber'), '0x1')
  await assert.rejects(anvil.rpc('no_such_method'), /no_such_method/)
})

test('stops twice, and answers no more', { skip: withoutAnvil }, async (t) => {
  const anvil = await startAnvil(t)
  await Promise.all([anvil.stop(), anvil.stop()])
  await assert.rejects(anvil.rpc('eth_blockNumber'))
})

test('a bad command line fails with the words of anvil', { skip: withoutAnvil }, async (t) => {
  await assert.rejects(startAnvil(t, { args: ['--no-such-flag'] }), /no-such-flag/)
})

test('dies with a parent that is killed', { skip: withoutAnvil }, async () => {
  const module = new URL('../../examples/anvil/start-anvil.js', import.meta.url)
  const script = `import { startAnvil } from ${JSON.stringify(module.href)}
    const { url } = await startAnvil()
    process.stdout.write(url)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [url] = (await once(parent.stdout, 'data')) as [Buffer]
  assert.ok((await fetch(url.toString(), { method: 'POST' })).status > 0)
  parent.kill('SIGKILL')
  await once(parent, 'close')
  // The watchdog needs a moment of its own; ask until nobody answers.
  const deadline = Date.now() + 5000
  while (await answers(url.toString())) assert.ok(Date.now() < deadline, 'anvil outlived its parent by 5 s')
})

async function answers(url: string): Promise<boolean> {
  return fetch(url, { method: 'POST' }).then(
    () => true,
    () => false,
  )
}
