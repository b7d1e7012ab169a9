import type { TestContext } from 'node:test'
import { TOKEN } from '../../../examples/local-tzkt/tezos-rows.ts'
import { startLocalTzkt } from '../../../examples/local-tzkt/start-local-tzkt.ts'
import { tzkt, type TzktOptions } from '../../../src/datasources/tzkt.ts'
import { simulateChain, type ChainOptions } from '../../../src/testing/index.ts'

export const transfers = [{ kind: 'transaction', target: TOKEN, entrypoint: 'transfer' }] as const

/** A TzKT of the test's own, with the chain behind it. */
export async function openLocalTzkt(t: TestContext, chainOptions: Partial<ChainOptions> = {}) {
  const chain = simulateChain({ seed: 1, length: 30, ...chainOptions })
  const server = await startLocalTzkt(chain)
  t.after(() => server.close())
  return { chain, server }
}

/** `tzkt()` on it: the transfers of its token, unless the test says otherwise. */
export async function open(
  t: TestContext,
  options: Partial<TzktOptions> = {},
  chainOptions: Partial<ChainOptions> = {},
) {
  const { chain, server } = await openLocalTzkt(t, chainOptions)
  const datasource = tzkt({ url: server.url, operations: transfers, webSocket: false, ...options })
  t.after(() => datasource.close?.())
  return { chain, server, datasource }
}
