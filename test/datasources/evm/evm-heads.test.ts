import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import { WebSocketServer, type WebSocket } from 'ws'
import { evm } from '../../../src/datasources/evm.ts'
import { startAnvil, withoutAnvil } from '../../support/anvil.ts'
import { relayTo } from '../../support/relay.ts'
import { deployLogEmitter, transferEvent } from './log-emitter.ts'

const { signal } = new AbortController()
const call = { index: 'test', signal, cursor: undefined }
const BOB = '0x0000000000000000000000000000000000000b0b'
const HOUR = 3_600_000

test(
  'a head is known as soon as the node pushes it, with its logs, also of several and after a reorg',
  { skip: withoutAnvil },
  async (t) => {
    const anvil = await startAnvil(t)
    const emitter = await deployLogEmitter(anvil)
    // Requests go by http, heads come by the socket.
    const datasource = evm({
      url: [anvil.url, anvil.url.replace('http', 'ws')],
      logs: [{ address: emitter.address, event: transferEvent }],
      pollInterval: HOUR,
    })
    t.after(() => datasource.close?.())
    const first = await datasource.head(call)
    // It has subscribed when the wait for a head that is there already ends.
    for (let mined = 1; mined <= 5; mined += 1) {
      const changed = datasource.changed?.(call)
      await emitter.emit(BOB, mined)
      await anvil.rpc('evm_mine')
      if (mined === 1) await nudge(anvil, changed)
      await changed
      let head = await datasource.head(call)
      const latest = await anvil.rpc<{ number: string; hash: string }>('eth_getBlockByNumber', [
        'latest',
        false,
      ])
      while (head.hash !== latest.hash) {
        await datasource.changed?.(call)
        head = await datasource.head(call)
      }
      const [block] = await datasource.blocks(head.level, head.level, { ...call, finalized: -1 })
      assert.equal(block?.hash, latest.hash)
      if (mined > 1) assert.equal(block.logs[0]?.args.value, BigInt(mined))
    }
    await anvil.rpc('anvil_reorg', [3, []])
    const latest = await anvil.rpc<{ hash: string }>('eth_getBlockByNumber', ['latest', false])
    for (let head = first; head.hash !== latest.hash; head = await datasource.head(call))
      await datasource.changed?.(call)
  },
)

test('any number of indexes share a socket, without a word of warning', { skip: withoutAnvil }, async (t) => {
  const anvil = await startAnvil(t)
  const url = anvil.url.replace('http', 'ws')
  const warnings: string[] = []
  const warn = ({ message }: Error): void => void warnings.push(message)
  process.on('warning', warn)
  t.after(() => process.off('warning', warn))
  const datasources = Array.from({ length: 12 }, () => evm({ url, pollInterval: HOUR }))
  t.after(() => Promise.all(datasources.map(async (datasource) => datasource.close?.())))
  await Promise.all(datasources.map((datasource) => datasource.head(call)))
  const changed = async (): Promise<void> => {
    await Promise.all(datasources.map(async (datasource) => datasource.changed?.(call)))
  }
  await nudge(anvil, changed())
  assert.deepEqual(warnings, [])
})

/** The subscription may come after the block: then the next one is pushed. */
async function nudge(
  anvil: { rpc: (method: string) => Promise<unknown> },
  changed: Promise<void> | undefined,
): Promise<void> {
  let known = false
  void changed?.then(() => (known = true))
  while (!known) {
    await anvil.rpc('evm_mine')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test(
  'a socket that breaks is no error: heads are asked for, and pushed again after',
  { skip: withoutAnvil },
  async (t) => {
    const anvil = await startAnvil(t)
    const relay = await relayTo(t, anvil.url)
    const datasource = evm({ url: [anvil.url, relay.url.replace('http', 'ws')], pollInterval: 20 })
    t.after(() => datasource.close?.())
    await datasource.head(call)
    for (const step of ['there', 'cut', 'back'] as const) {
      if (step === 'cut') relay.cut()
      if (step === 'back') await relay.restore()
      const changed = datasource.changed?.(call)
      await anvil.rpc('evm_mine')
      await changed
      const { level } = await datasource.head(call)
      assert.equal(level, Number(await anvil.rpc('eth_blockNumber')))
    }
  },
)

test('a socket that opens after the datasource was closed is closed, too', async (t) => {
  let asked = (): void => {}
  let admit = (): void => {}
  const connecting = new Promise<void>((resolve) => (asked = resolve))
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    verifyClient: (_: unknown, done: (admitted: boolean) => void) => {
      admit = () => done(true)
      asked()
    },
  })
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const datasource = evm({ url: [`http://127.0.0.1:${port}`, `ws://127.0.0.1:${port}`], pollInterval: HOUR })
  const stop = new AbortController()
  const changed = datasource.changed?.({ ...call, signal: stop.signal })
  await connecting
  void datasource.close?.()
  stop.abort(new Error('it stops'))
  await assert.rejects(async () => changed, /it stops/)
  const connected = once(server, 'connection') as Promise<[WebSocket]>
  admit()
  const [socket] = await connected
  await once(socket, 'close')
})
