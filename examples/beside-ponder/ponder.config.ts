import { createConfig } from 'ponder'

// A Ponder app as any other: every block of the chain is an event.
export default createConfig({
  database: { kind: 'postgres', connectionString: process.env['DATABASE_URL'] },
  chains: {
    local: {
      id: 31337,
      rpc: process.env['RPC_URL'] ?? 'http://127.0.0.1:8545',
      pollingInterval: 200,
      // A node that begins anew has another chain each time.
      disableCache: true,
    },
  },
  blocks: { EveryBlock: { chain: 'local', interval: 1, startBlock: 0 } },
})
