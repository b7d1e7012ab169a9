import { ponder } from 'ponder:registry'
import { balance, transfer } from 'ponder:schema'

// One insert and two upserts an event, as `../indexer.ts`.
ponder.on('Token:Transfer', async ({ event, context }) => {
  const { from, to, value } = event.args
  await context.db
    .insert(transfer)
    .values({ level: event.block.number, logIndex: event.log.logIndex, from, to, amount: value })
  await context.db
    .insert(balance)
    .values({ account: from, amount: -value })
    .onConflictDoUpdate((row) => ({ amount: row.amount - value }))
  await context.db
    .insert(balance)
    .values({ account: to, amount: value })
    .onConflictDoUpdate((row) => ({ amount: row.amount + value }))
})
