import type { BlockRef } from '../../../src/datasources/datasource.ts'
import type { Sql } from '../../../src/database/database.ts'
import { randomFrom } from '../../database/soak/random.ts'

export const INDEXES = ['one', 'two'] as const
export type IndexName = (typeof INDEXES)[number]

/** Tables of each index, and one that stays when the others are wiped. */
export const SCHEMA = `${INDEXES.map(
  (index) => `
create table account_${index} (name text primary key, balance numeric(78) not null, seen bigint[] not null default '{}',
  doubled numeric generated always as (balance * 2) stored);
create table entry_${index} (level bigint, n int, account text not null references account_${index} on update cascade on delete cascade,
  amount numeric(78) not null, note jsonb, primary key (level, n));
create table slot_${index} (place int primary key, holder text unique deferrable initially deferred);`,
).join('')}
create table total (index text primary key, levels int not null, sum bigint not null);
create table if not exists reindexed (id int generated always as identity primary key);
insert into total values ('one', 0, 0), ('two', 0, 0);
insert into reindexed default values;`

export const IMMUNE_TABLES = ['reindexed']

/** Writes that follow from the block's hash and from what is in the tables, whoever runs them and however often. */
export async function writeLevel(sql: Sql, index: IndexName, { level, hash }: BlockRef): Promise<void> {
  const random = randomFrom(Number.parseInt(hash.slice(-8), 16))
  const account = sql(`account_${index}`)
  const entry = sql(`entry_${index}`)
  const slot = sql(`slot_${index}`)
  await sql`update total set levels = levels + 1, sum = sum + ${level} where index = ${index}`
  for (let n = 1 + random.below(4); n > 0; n -= 1) {
    const name = `0x${random.below(25)}`
    const amount = BigInt(random.below(1_000_000)) * 10n ** 30n
    await sql`
      insert into ${account} (name, balance, seen) values (${name}, ${amount}, ${[level]})
      on conflict (name) do update set balance = ${account}.balance + excluded.balance, seen = ${account}.seen || excluded.seen`
    switch (random.below(8)) {
      case 0:
      case 1:
        await sql`insert into ${entry} values (${level}, ${n}, ${name}, ${amount}, ${sql.json({ hash })})`
        break
      case 2:
        await sql`update ${entry} set amount = amount + 1, note = note || '{"more": null}' where level % 3 = ${level % 3}`
        break
      case 3:
        await sql`delete from ${account} where name = ${name} and balance > ${amount}`
        break
      case 4:
        await sql`update ${account} set name = name || '!' where name = ${name}
          and not exists (select from ${account} where name = ${`${name}!`})`
        break
      case 5:
        await sql`insert into ${slot} select ${random.below(9)}, ${name} where not exists (select from ${slot} where holder = ${name})
          on conflict (place) do nothing`
        break
      case 6:
        await sql`delete from ${slot} where place > 8`
        await sql`update ${slot} set place = place + 9`
        break
      default:
        if (random.chance(0.1)) await sql`truncate ${slot}`
        else await sql`delete from ${entry} where level < ${level - 40}`
    }
  }
}
