import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transfersIn } from './balances-of.ts'
import { listen } from './listen.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

test('metadata comes in the end, from a service that fails, and is not fetched again', LIMIT, async (t) => {
  let hangs = true
  const service = await listen(t, ({ path }, response) => {
    if (hangs) return
    const asked = service.messages.filter((message) => message.path === path).length
    if (asked <= 2) response.writeHead(500).end()
    else response.end(JSON.stringify({ symbol: path.slice(1, 7), decimals: 18 }))
  })
  const example = await openExample(t, 'token-metadata', { METADATA_URL: service.url })
  const { sql, chain } = example
  const named = async () => [
    ...(await sql`select address, symbol, decimals from named_token order by address`),
  ]
  const expected = () =>
    [...new Set(transfersIn(chain).map(({ address }) => address))]
      .toSorted()
      .map((address) => ({ address, symbol: address.slice(0, 6), decimals: 18 }))

  const first = example.start()
  await service.gets(() => true)
  await kill(first)
  hangs = false
  service.messages.length = 0

  const second = example.start()
  await second.prints(/(?:"hook.finished".*"fetch_metadata"[^]*){3}/)
  await example.atHead(second)
  assert.deepEqual(await named(), expected())
  assert.equal(service.messages.length, 9)
  await stop(second)

  assert.equal((await example.pawl('schema', 'wipe', '--force')).code, 0)
  example.reorg(5)
  const third = example.start()
  await example.atHead(third)
  await stop(third)
  assert.deepEqual(await named(), expected())
  assert.equal(service.messages.length, 9)
  assert.equal((await example.pawl('hooks', 'queue', '--json')).out, '')
})
