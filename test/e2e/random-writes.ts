import type { Sql } from '../../src/database/database.ts'
import type { SimulatedBlock } from '../../src/testing/index.ts'

/** Tables with what a revert has to get right: identity, foreign keys, deletes that cascade, generated columns. */
export const SCHEMA = `
create table account (name text primary key, balance numeric(78) not null, seen bigint[] not null default '{}',
  doubled numeric generated always as (balance * 2) stored);
create table transfer (id bigint generated always as identity primary key, level bigint not null,
  sender text not null references account on update cascade on delete cascade, amount numeric(78) not null,
  note jsonb);
create table slot (position int primary key, holder text);
create table pair (a int, b text, at timestamptz, primary key (a, b));`

export const TABLES = ['account', 'transfer', 'slot', 'pair'] as const

/**
 * Writes that depend on the block and on what is in the database, and on nothing else: the same chain makes the same rows,
 * however often it was rolled back on the way.
 */
export async function writeRandomly(sql: Sql, block: SimulatedBlock): Promise<void> {
  const at = new Date(block.timestamp * 1000)
  for (const { index, from, to, amount } of block.events) {
    await sql`
      insert into account (name, balance, seen) values (${from}, ${-amount}, ${[block.level]}), (${`${to}'`}, ${amount}, '{}')
      on conflict (name) do update set balance = account.balance + excluded.balance, seen = account.seen || excluded.seen`
    const choice = Number.parseInt(block.hash.slice(2 + index * 2, 4 + index * 2), 16)
    switch (choice % 9) {
      case 0:
      case 1:
      case 2:
        await sql`
          insert into transfer (level, sender, amount, note)
          select ${block.level}, name, ${amount}, ${sql.json({ to, at: block.level })} from account where name = ${from}`
        break
      case 3:
        await sql`update transfer set amount = amount + 1, note = note || '{"more": null}' where id % 3 = ${choice % 3}`
        break
      case 4:
        await sql`delete from account where name = ${from} and balance < 0`
        break
      case 5:
        await sql`update account set name = name || '!' where name = ${from} and not exists (select from account where name = ${`${from}!`})`
        break
      case 6:
        await sql`
          insert into slot (position, holder) values (${choice % 7}, ${from}) on conflict (position) do update set holder = excluded.holder`
        await sql`
          insert into pair (a, b, at) values (${choice % 5}, ${to}, ${at}) on conflict (a, b) do nothing`
        break
      case 7:
        await sql`delete from slot where position >= 100`
        await sql`update slot set position = position + 100`
        await sql`delete from pair where a > 4`
        await sql`update pair set a = a + 5, at = ${at} where b = ${to}`
        break
      default:
        if (choice > 240) await sql`truncate slot, pair`
        else await sql`delete from transfer where id % 4 = 1`
    }
  }
}

/** Every row of every table, as PostgreSQL writes it, sorted. */
export async function dump(sql: Sql): Promise<Record<string, readonly string[]>> {
  const tables: Record<string, readonly string[]> = {}
  for (const table of TABLES) {
    const rows = await sql<{ row: string }[]>`
      select t::text collate "C" as row from ${sql(table)} t order by 1`
    tables[table] = rows.map(({ row }) => row)
  }
  return tables
}
