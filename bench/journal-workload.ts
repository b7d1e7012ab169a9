import type { Sql } from '../src/database/database.ts'

/** Three tables as indexers have them. */
export const TABLES = `
create table transfer (id bigint primary key, level bigint not null, sender text not null, receiver text not null,
  amount numeric(78) not null, at timestamptz not null);
create table account (address text primary key, balance numeric(78) not null, updated bigint not null);
create table position (owner text, token int, amount numeric(78) not null, primary key (owner, token));`

export const TABLE_NAMES = ['transfer', 'account', 'position'] as const

/** Rows that a level inserts, updates and deletes. */
export const ROWS = 75

/** What a design that journals in the client is told of each row. */
export interface RowChange {
  readonly table: (typeof TABLE_NAMES)[number]
  readonly key: string
  readonly action: 'insert' | 'update' | 'delete'
  readonly old: Readonly<Record<string, string>> | null
}

export type Changed = (sql: Sql, changes: readonly RowChange[]) => Promise<void>

export type WriteLevel = (sql: Sql, level: number, changed: Changed) => Promise<void>

const address = (level: number, n: number): string => `0x${String(level * 10 + n).padStart(40, '0')}`
const amount = (level: number, n: number): string => `${level}${n}000000000000000000`
const TEN = Array.from({ length: 10 }, (_, n) => n)
const THIRTY = Array.from({ length: 30 }, (_, n) => n)
const FIVE = TEN.slice(5)
const transferId = (level: number, n: number): number => level * 100 + n
const AT = new Date('2026-01-01T00:00:00Z')

const inserted =
  (table: RowChange['table']) =>
  (key: string | number): RowChange => ({ table, key: String(key), action: 'insert', old: null })
const updated = (table: RowChange['table'], key: string, level: number): RowChange => ({
  table,
  key,
  action: 'update',
  old: { amount: amount(level, 1), updated: String(level) },
})
const deleted = (level: number, n: number): RowChange => ({
  table: 'transfer',
  key: String(transferId(level, n)),
  action: 'delete',
  old: {
    level: String(level),
    sender: address(level, 0),
    receiver: address(level, n),
    amount: amount(level, n),
  },
})

/** 50 inserts, 20 updates and 5 deletes by six statements, as postgres.js's manual writes them. */
export const writeByManyRows: WriteLevel = async (sql, level, changed) => {
  const transfers = THIRTY.map((n) => ({
    id: transferId(level, n),
    level,
    sender: address(level, 0),
    receiver: address(level, n),
    amount: amount(level, n),
    at: AT,
  }))
  await sql`insert into transfer ${sql(transfers)}`
  await changed(
    sql,
    transfers.map(({ id }) => inserted('transfer')(id)),
  )
  const accounts = TEN.map((n) => address(level, n))
  await sql`insert into account ${sql(accounts.map((key) => ({ address: key, balance: amount(level, 1), updated: level })))}`
  await changed(sql, accounts.map(inserted('account')))
  await sql`insert into position ${sql(accounts.map((owner) => ({ owner, token: 1, amount: amount(level, 2) })))}`
  await changed(sql, accounts.map(inserted('position')))

  const earlier = TEN.map((n) => address(level - 1, n))
  await sql`
    update account a set balance = balance + e.more::numeric, updated = ${level}
    from (values ${sql(earlier.map((key, n) => [key, amount(level, n)]))}) e (address, more) where a.address = e.address`
  await changed(
    sql,
    earlier.map((key) => updated('account', key, level)),
  )
  await sql`
    update position p set amount = p.amount + e.more::numeric
    from (values ${sql(earlier.map((key, n) => [key, amount(level, n)]))}) e (owner, more) where p.owner = e.owner and p.token = 1`
  await changed(
    sql,
    earlier.map((key) => updated('position', key, level)),
  )
  await sql`delete from transfer where id in ${sql(FIVE.map((n) => transferId(level - 5, n)))}`
  await changed(
    sql,
    FIVE.map((n) => deleted(level - 5, n)),
  )
}

/** Levels of the same rows, each a transaction, made by PostgreSQL itself: for what is measured afterwards. */
export const LEVELS_PROCEDURE = `
create procedure write_levels(first int, last int) language plpgsql as $$
begin
  for l in first..last loop
    perform pawl.begin_level(1, nullif(l - 1, 0), l, '0x' || l, '0x' || l - 1, l * 12, 1, true);
    insert into transfer select l * 100 + n, l, '0x' || l, '0x' || n, l, now() from generate_series(0, 29) n;
    insert into account select '0x' || l * 10 + n, l, l from generate_series(0, 9) n;
    insert into position select '0x' || l * 10 + n, 1, l from generate_series(0, 9) n;
    update account set balance = balance + 1, updated = l where address in (select '0x' || (l - 1) * 10 + n from generate_series(0, 9) n);
    update position set amount = amount + 1 where token = 1 and owner in (select '0x' || (l - 1) * 10 + n from generate_series(0, 9) n);
    delete from transfer where id in (select (l - 5) * 100 + n from generate_series(5, 9) n);
    perform pawl.end_level();
    commit;
  end loop;
end $$;`

/** The same by 75 statements, one after the other. */
export const writeRowByRow: WriteLevel = async (sql, level, changed) => {
  for (const n of THIRTY) {
    await sql`insert into transfer values (${transferId(level, n)}, ${level}, ${address(level, 0)}, ${address(level, n)},
      ${amount(level, n)}, ${AT})`
    await changed(sql, [inserted('transfer')(transferId(level, n))])
  }
  for (const n of TEN) {
    await sql`insert into account values (${address(level, n)}, ${amount(level, 1)}, ${level})`
    await changed(sql, [inserted('account')(address(level, n))])
    await sql`insert into position values (${address(level, n)}, 1, ${amount(level, 2)})`
    await changed(sql, [inserted('position')(address(level, n))])
  }
  for (const n of TEN) {
    const key = address(level - 1, n)
    await sql`update account set balance = balance + 1, updated = ${level} where address = ${key}`
    await changed(sql, [updated('account', key, level)])
    await sql`update position set amount = amount + 1 where owner = ${key} and token = 1`
    await changed(sql, [updated('position', key, level)])
  }
  for (const n of FIVE) {
    await sql`delete from transfer where id = ${transferId(level - 5, n)}`
    await changed(sql, [deleted(level - 5, n)])
  }
}
