import { ponder } from 'ponder:registry'
import { seen } from 'ponder:schema'

ponder.on('EveryBlock:block', async ({ event, context }) => {
  await context.db.insert(seen).values({ number: event.block.number, hash: event.block.hash })
})
