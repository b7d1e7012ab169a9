import { simulateChain } from 'pawl/testing'
import { startLocalTzkt } from '../local-tzkt/start-local-tzkt.ts'
import { TOKEN } from '../local-tzkt/tezos-rows.ts'

/** ms between two blocks. */
const BLOCK_TIME = 500

/**
 * A TzKT of this process's own, so that the example runs as it stands: a token that is sent about, and each seventh block is
 * replaced by another one, as happens on Tezos. The same chain at each start, up to where it began.
 */
export async function localToken(): Promise<{ readonly url: string; readonly token: string }> {
  const chain = simulateChain({ seed: 'tezos', length: 60, accounts: 5 })
  const server = await startLocalTzkt(chain)
  const timer = setInterval(() => {
    if (chain.head.level % 7 === 0) chain.reorg(1, 2)
    else chain.extend()
    server.publish()
  }, BLOCK_TIME)
  timer.unref()
  return { url: server.url, token: TOKEN }
}
