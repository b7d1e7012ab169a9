import postgres from 'postgres'
import { createActor } from 'xstate'
import * as v from 'valibot'
import { fireHook, hook, pawl, type HandlerContext } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { printTable } from './print-table.ts'
import type { BenchServer } from './server.ts'

const LEVELS = 500
const ROWS = 20
const FIRINGS = 10_000

interface Sizes {
  readonly own: number
  readonly user: number
  /** Of the write-ahead log of the whole server. */
  readonly wal: number
}

interface Startable {
  on(type: 'lifecycle', listener: (event: { readonly state: string }) => void): unknown
  subscribe(observer: { error?(error: unknown): void; complete?(): void }): unknown
  start(): unknown
  send(event: { readonly type: 'STOP' }): void
}

/** What Pawl's own tables take: bytes a level and a row of the journal, and a firing that waits. */
export async function volume(server: BenchServer): Promise<void> {
  const rows: string[][] = []
  for (const kind of ['inserts', 'updates'] as const) {
    const journalled = await write(await server.create(), kind, false)
    const final = await write(await server.create(), kind, true)
    const per = (which: keyof Sizes): string =>
      `${Math.round((journalled[which] - final[which]) / (LEVELS * ROWS))} B`
    rows.push([
      `${LEVELS} levels of ${ROWS} ${kind}`,
      `${Math.round(final.user / LEVELS)} B`,
      `${Math.round(final.own / LEVELS)} B`,
      `${Math.round(journalled.own / LEVELS)} B`,
      per('own'),
      per('wal'),
    ])
  }
  printTable('volume: what a level takes', [
    ['', "user's table", "Pawl's, final", "Pawl's, journalled", 'a row journalled', 'of it in the log'],
    ...rows,
  ])
  const { before, after } = await queue(await server.create())
  printTable(`volume: ${FIRINGS} durable firings that wait`, [
    ['a firing', 'in the log'],
    [
      `${Math.round((after.own - before.own) / FIRINGS)} B`,
      `${Math.round((after.wal - before.wal) / FIRINGS)} B`,
    ],
  ])
}

async function write(database: string, kind: 'inserts' | 'updates', final: boolean): Promise<Sizes> {
  const chain = simulateChain({ seed: 1, length: LEVELS, finality: final ? 0 : LEVELS * 2 })
  const handler = async ({ sql }: HandlerContext, { level }: { readonly level: number }): Promise<void> => {
    if (kind === 'inserts')
      await sql`insert into row select ${level}::int * ${ROWS}::int + n, ${level}, md5(n::text) from generate_series(1, ${ROWS}::int) n`
    else await sql`update row set level = ${level} where id <= ${ROWS}`
  }
  const root = createActor(
    pawl({
      database,
      indexes: { blocks: { datasource: chain.datasource(), handler: handler as never } },
      on_reindex: async ({ sql }) => {
        await sql`create table row (id int primary key, level int, text text)`
        if (kind === 'updates')
          await sql`insert into row select n, 0, md5(n::text) from generate_series(1, ${ROWS}::int) n`
      },
    }),
  )
  const before = await walOf(database)
  return withRoot(root, database, async (sql) => {
    const { own, user, wal } = await sizes(sql)
    return { own, user, wal: wal - before }
  })
}

async function queue(database: string) {
  const hooks = { note: hook({ args: { n: v.number() }, run: () => {} }) }
  const fill = hook({
    args: { count: v.number() },
    atomic: true,
    run: async (ctx, { count }) => {
      for (let n = 0; n < count; n += 1) await ctx.fireHook('note', { n }, { wait: false })
    },
  })
  const root = createActor(pawl({ database, roles: ['indexer', 'scheduler'], hooks: { ...hooks, fill } }))
  return withRoot(root, database, async (sql) => {
    const before = await sizes(sql)
    await fireHook(root, 'fill', { count: FIRINGS })
    return { before, after: await sizes(sql) }
  })
}

async function withRoot<T>(
  root: Startable,
  database: string,
  work: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const synchronized = new Promise<void>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => void (state === 'synchronized' && resolve()))
    root.subscribe({ error: reject })
  })
  root.start()
  await synchronized
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  const result = await work(sql)
  const ended = new Promise<void>((resolve) => root.subscribe({ complete: resolve }))
  root.send({ type: 'STOP' })
  await ended
  await sql.end()
  return result
}

async function walOf(database: string): Promise<number> {
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  const { wal } = await sizes(sql)
  await sql.end()
  return wal
}

async function sizes(sql: postgres.Sql): Promise<Sizes> {
  const [row] = await sql<Sizes[]>`
    select coalesce(sum(pg_total_relation_size(c.oid)) filter (where n.nspname = 'pawl'), 0)::float8 as own,
      coalesce(sum(pg_total_relation_size(c.oid)) filter (where n.nspname = 'public'), 0)::float8 as user,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'`
  if (row === undefined) throw new Error('a query without a group has a row')
  return row
}
