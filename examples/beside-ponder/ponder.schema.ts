import { onchainTable } from 'ponder'

export const seen = onchainTable('seen', (t) => ({
  number: t.bigint().primaryKey(),
  hash: t.hex().notNull(),
}))
