import * as v from 'valibot'
import { TOKEN } from '../../../examples/local-tzkt/tezos-rows.ts'
import { startLocalTzkt } from '../../../examples/local-tzkt/start-local-tzkt.ts'
import { tzkt, type TzktOptions } from '../../../src/datasources/tzkt.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { conformance } from '../conformance.ts'
import { transfers } from './open-local-tzkt.ts'

const cases: readonly (readonly [string, Partial<TzktOptions>])[] = [
  ['by WebSocket', { operations: transfers, pollInterval: 60_000 }],
  ['by polling', { operations: transfers, webSocket: false, pollInterval: 5 }],
  ['every block', { operations: transfers, blocks: 'header' }],
  ['whole blocks', { blocks: v.object({ cycle: v.number() }) }],
  [
    'all lists',
    {
      operations: [{ kind: 'origination' }],
      events: [{}],
      bigMaps: [{}],
      tokenTransfers: [{ contract: TOKEN }],
    },
  ],
]

for (const [name, options] of cases) {
  conformance(`tzkt, ${name}`, { skip: false }, async (t) => {
    const chain = simulateChain({ seed: name, length: 90, emptyShare: 0.5 })
    const server = await startLocalTzkt(chain)
    // The suite's reorgs are deeper than Tenderbake's.
    const datasource = tzkt({ url: `${server.url}/?apikey=geheim`, finality: 20, ...options })
    t.after(async () => {
      await datasource.close?.()
      await server.close()
    })
    const move = async (change: () => void) => {
      change()
      server.publish()
    }
    return {
      datasource,
      secrets: ['geheim'],
      extend: () => move(() => chain.extend()),
      reorg: (depth, length) => move(() => chain.reorg(depth, length)),
    }
  })
}
