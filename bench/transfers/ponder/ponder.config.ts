import { createConfig } from 'ponder'
import { parseAbi } from 'viem'

export default createConfig({
  database: { kind: 'postgres', connectionString: process.env['DATABASE_URL'] },
  // Of 1 Ponder keeps 65 blocks that can be undone, of a chain that it does not know 30: too few for a reorg of 50.
  chains: { local: { id: 1, rpc: process.env['RPC_URL'], ws: process.env['WS_URL'] } },
  contracts: {
    Token: {
      chain: 'local',
      abi: parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)']),
      address: process.env['TOKEN'] as `0x${string}`,
      startBlock: 0,
    },
  },
})
