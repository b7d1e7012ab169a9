import { onchainTable, primaryKey } from 'ponder'

export const transfer = onchainTable(
  'transfer',
  (t) => ({
    level: t.bigint().notNull(),
    logIndex: t.integer().notNull(),
    from: t.hex().notNull(),
    to: t.hex().notNull(),
    amount: t.bigint().notNull(),
  }),
  (table) => ({ key: primaryKey({ columns: [table.level, table.logIndex] }) }),
)

export const balance = onchainTable('balance', (t) => ({
  account: t.hex().primaryKey(),
  amount: t.bigint().notNull(),
}))
