import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transfersIn } from './balances-of.ts'
import { listen } from './listen.ts'
import { kill, LIMIT, openExample, stop } from './running-example.ts'

const CONFIRMATIONS = 12

test('each transfer that stays is announced once, and one that does not is corrected', LIMIT, async (t) => {
  let refuse: string | undefined
  let how: 'hang' | 'fail' = 'hang'
  const service = await listen(t, ({ body }, response) => {
    if (refuse === undefined || !body.includes(refuse)) return response.end()
    // It has taken the message, and cannot say so.
    if (how === 'fail') response.writeHead(500).end()
  })
  const example = await openExample(t, 'webhook', { WEBHOOK_URL: service.url })
  const { chain } = example
  const confirmed = () =>
    transfersIn(chain, chain.head.level - CONFIRMATIONS).map(({ transactionHash }) => transactionHash)

  refuse = confirmed().at(-1) ?? ''
  const orphan = refuse
  const first = example.start()
  await service.gets(({ body }) => body.includes(orphan))
  await kill(first)

  how = 'fail'
  const second = example.start()
  await second.prints(/"hook.retrying"/)
  await kill(second)

  refuse = undefined
  example.reorg(CONFIRMATIONS + 2)
  example.extend(CONFIRMATIONS)
  const last = confirmed().at(-1) ?? ''
  const third = example.start()
  await service.gets(({ body }) => body.includes(last))
  await service.gets(({ body }) => body.includes(orphan) && body.includes('transfer.reverted'))
  await stop(third)

  const told = new Map(
    service.messages.map(({ headers, body }) => [headers['idempotency-key'], JSON.parse(body) as Told]),
  )
  const of = (type: string) =>
    [...told.values()].filter((message) => message.type === type).map(({ transaction }) => transaction)
  const reverted = of('transfer.reverted')
  assert.ok(reverted.includes(orphan))
  assert.deepEqual(of('transfer').toSorted(), [...confirmed(), ...reverted].toSorted())
  assert.deepEqual(
    reverted.filter((transaction) => confirmed().includes(transaction)),
    [],
  )
  assert.ok(told.size < service.messages.length, 'nothing was sent again')
})

interface Told {
  readonly type: string
  readonly transaction: string
}
