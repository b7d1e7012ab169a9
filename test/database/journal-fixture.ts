import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import type { Sql, Transaction } from '../../src/database/database.ts'
import { trackTables } from '../../src/database/journal.ts'
import { MIGRATIONS } from '../../src/database/migrate.ts'
import { revertLevels } from '../../src/database/revert-levels.ts'
import type { RevertedTable } from '../../src/events.ts'
import type { Scope } from '../support/scope.ts'

export interface JournalFixture {
  readonly url: string
  readonly sql: Sql
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** Tracks the tables of `public` as they are now. */
  track(immuneTables?: readonly string[]): Promise<void>
  /** One level of an index, from its cursor on. Tracks again where the journal asks for it. Gives the level. */
  level(work: string | ((sql: Sql) => Promise<unknown>), options?: LevelOptions): Promise<number>
  revert(
    toLevel: number,
    options?: { readonly index?: number; readonly fence?: bigint },
  ): Promise<RevertedTable[]>
  cursor(index?: number): Promise<{ level: string | null; hash: string | null }>
}

export interface LevelOptions {
  readonly index?: number
  readonly to?: number
  readonly journal?: boolean
}

const OWN = 'pawl'

const noBuffer = (): never => {
  throw new Error('this transaction is not one of Pawl: write by sql')
}

const wrap = (sql: Sql): Transaction => ({
  sql,
  insert: noBuffer,
  upsert: noBuffer,
  keepUp: noBuffer,
  savepoint: async (work) => {
    await sql`savepoint fixture`
    const result = await work(wrap(sql))
    await sql`release fixture`
    return result
  },
})

/** A fresh database with Pawl's tables and two indexes, ids 1 and 2. Dropped after the test. */
export const openJournal = async (
  t: Scope,
  schema = '',
  role?: string,
  server = process.env['PAWL_TEST_SERVER'],
): Promise<JournalFixture> => {
  if (server === undefined) throw new Error('PAWL_TEST_SERVER is not set: run node dist/test/run.js')
  const name = `journal_${randomUUID().replaceAll('-', '')}`
  const admin = postgres(server, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  if (role !== undefined) {
    // The server asks for passwords; the role has the superuser's.
    await admin.unsafe(`create role ${role}_${name} login password '${url.password}'; grant all on database ${name} to ${role}_${name};
      alter database ${name} owner to ${role}_${name}`)
    // Up to 14 it belongs to the superuser.
    const inside = postgres(Object.assign(new URL(url), { username: 'postgres' }).href, { max: 1 })
    await inside.unsafe(`alter schema public owner to ${role}_${name}`)
    await inside.end()
    url.username = `${role}_${name}`
  }
  const client = postgres(url.href, { max: 4, onnotice: () => {}, types: {} })
  t.after(async () => {
    await client.end()
    await admin.unsafe(`drop database ${name} with (force)`)
    if (role !== undefined) await admin.unsafe(`drop role ${role}_${name}`)
    await admin.end()
  })
  const sql = client as unknown as Sql
  await client.unsafe(`
    drop schema public; create schema public; create schema ${OWN};
    ${MIGRATIONS.map(({ up }) => up(OWN)).join('\n')}
    insert into ${OWN}.fence values ('indexer', 7);
    insert into ${OWN}.index (name) values ('transfers'), ('prices');
    ${schema}`)

  // Not `begin`: it fails for every statement that failed, also where a savepoint took it back.
  const transaction: JournalFixture['transaction'] = async (work) => {
    const session = await client.reserve()
    try {
      await session`begin`
      const result = await work(wrap(session as unknown as Sql))
      await session`commit`
      return result
    } catch (error) {
      await session`rollback`
      throw error
    } finally {
      session.release()
    }
  }
  const track = (immuneTables: readonly string[] = []) =>
    transaction((tx) => trackTables(tx, { schema: 'public', ownSchema: OWN, immuneTables }))
  const cursor = async (index = 1) => {
    const [row] = await sql<{ level: string | null; hash: string | null }[]>`
      select level::text, hash from pawl.index where id = ${index}`
    if (row === undefined) throw new Error(`no index ${index}`)
    return { ...row }
  }
  const runLevel = async (work: string | ((sql: Sql) => Promise<unknown>), options: LevelOptions = {}) => {
    const { index = 1, journal: journalled = true } = options
    const previous = (await cursor(index)).level
    const level = options.to ?? Number(previous ?? 0) + 1
    await transaction(async (tx) => {
      await tx.sql`select pawl.begin_level(${index}, ${previous}::text::bigint, ${level}, ${`hash ${level}`},
        ${`hash ${level - 1}`}, ${level * 12}, null, ${journalled})`
      await (typeof work === 'string' ? tx.sql.unsafe(work) : work(tx.sql))
      await tx.sql`select pawl.end_level()`
    })
    return level
  }
  return {
    url: url.href,
    sql,
    transaction,
    track,
    cursor,
    revert: (toLevel, { index = 1, fence } = {}) =>
      transaction((tx) => revertLevels(tx, { ownSchema: OWN, indexId: index, toLevel, fence })),
    level: async (work, options) => {
      try {
        return await runLevel(work, options)
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error) || error.code !== 'PW003') throw error
        await track()
        return await runLevel(work, options)
      }
    },
  }
}

/** Everything in the tables of `public`, bit by bit, and the sequences. */
export const digest = async (sql: Sql): Promise<Record<string, string>> => {
  const relations = await sql<{ name: string; kind: string; rel: string }[]>`
    select relname as name, relkind::text as kind, format('%I.%I', 'public', relname) as rel from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S') and not relispartition order by 1`
  const entries: [string, string][] = []
  for (const { name, kind, rel } of relations) {
    const [row] = await sql.unsafe<{ digest: string }[]>(
      kind === 'S'
        ? `select last_value || ' ' || is_called as digest from ${rel}`
        : `select coalesce(md5(string_agg(row, ',' order by row)), '') || ' ' || count(*) as digest
           from (select encode(record_send(x), 'hex') as row from ${kind === 'r' ? 'only' : ''} ${rel} x) s`,
    )
    entries.push([name, row?.digest ?? ''])
  }
  return Object.fromEntries(entries)
}
