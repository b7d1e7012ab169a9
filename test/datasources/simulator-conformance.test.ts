import { simulateChain } from '../../src/testing/index.ts'
import { conformance } from './conformance.ts'

for (const emptyShare of [0, 0.7]) {
  conformance(`simulated chain, ${emptyShare * 100} % empty`, { skip: false }, async () => {
    const chain = simulateChain({ seed: 4711, length: 120, emptyShare })
    const datasource = chain.datasource()
    return {
      datasource,
      secrets: [],
      extend: async () => void chain.extend(),
      reorg: async (depth, length) => void chain.reorg(depth, length),
    }
  })
}
