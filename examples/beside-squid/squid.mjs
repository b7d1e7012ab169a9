// A Squid as any other: it writes each block's hash, and rolls back what left the chain.
import { EvmBatchProcessor } from '@subsquid/evm-processor'
import { TypeormDatabase } from '@subsquid/typeorm-store'
import { Seen } from './lib/model/index.js'

new EvmBatchProcessor()
  .setRpcEndpoint({ url: process.env.RPC_URL, rateLimit: 100 })
  .setRpcDataIngestionSettings({ headPollInterval: 200 })
  .setFinalityConfirmation(10)
  .includeAllBlocks()
  .run(new TypeormDatabase({ supportHotBlocks: true }), async ({ store, blocks }) => {
    await store.insert(blocks.map(({ header }) => new Seen({ id: String(header.height), hash: header.hash })))
  })
