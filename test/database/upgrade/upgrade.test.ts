import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import postgres from 'postgres'
import { createActor } from 'xstate'
import { pawl, type PawlEvent } from 'pawl'
import { nextEvent, type SimulatedChain } from 'pawl/testing'
import { MIGRATIONS } from '../../../src/database/migrate.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { ROOT } from '../../docs/read-pages.ts'
import { storedChain, storedProject } from './stored-project.ts'

const LAYOUTS = join(ROOT, 'test', 'database', 'upgrade', 'layouts')

for (const layout of readdirSync(LAYOUTS)) {
  test(`what Pawl stored as ${layout} is taken over, and goes on`, { timeout: 60_000 }, async (t) => {
    const { url } = await createTestDatabase(t)
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    t.after(() => sql.end())
    // A session of its own: the dump clears the search path.
    const load = postgres(url, { max: 1, onnotice: () => {} })
    await load.unsafe(readFileSync(join(LAYOUTS, layout), 'utf8')).simple()
    await load.end()
    const before = await stored(sql)
    assert.ok(before.waiting > 0)

    const chain = storedChain()
    const root = createActor(pawl(storedProject(url, chain)))
    const ended = new Promise<unknown>((resolve) =>
      root.subscribe({ error: resolve, complete: () => resolve(undefined) }),
    )
    const refused: unknown[] = []
    root.on('hook.failed', ({ error }) => void refused.push(error))
    root.on('index.failed', ({ error }) => void refused.push(error))
    const synchronized = nextEvent(root, 'lifecycle', ({ state }) => state === 'synchronized')
    root.start()
    await synchronized
    const after = await stored(sql)
    assert.equal(after.migrations, MIGRATIONS.length)
    // The jobs know what they did, `once` what it ran.
    assert.deepEqual([after.fired, after.seeded], [before.fired, 1])
    // Tables of before have the triggers of this version.
    assert.equal(after.triggers, 'delete, insert, truncate, update')

    // Levels that the old version journalled are undone by this one.
    const rolledBack = nextEvent(root, 'index.rolledBack')
    chain.reorg(10, 12)
    const { fromLevel, toLevel } = await rolledBack
    assert.deepEqual([fromLevel, toLevel], [41, 31])
    await seenAfter(root, 'index.progress', async () => (await stored(sql)).level === chain.head.level)
    await seenAfter(root, 'hook.finished', async () => (await stored(sql)).announced === deep(chain))
    root.send({ type: 'STOP' })
    assert.equal(await ended, undefined)
    assert.deepEqual(refused, [])

    const announced = await sql<{ what: string }[]>`select what from seen where what <> 'seeded' order by 1`
    assert.deepEqual(
      announced.map(({ what }) => what),
      chain
        .canonical()
        .slice(0, deep(chain))
        .map(({ hash }) => hash)
        .toSorted(),
    )
    const balances = await sql<
      { name: string; balance: string }[]
    >`select name, balance from account order by 1`
    assert.deepEqual(
      Object.fromEntries(balances.map(({ name, balance }) => [name, Number(balance)])),
      received(chain),
    )
  })
}

/** Looks now and after each event of this type, until it is so. Listens before it looks: an event in between is not missed. */
async function seenAfter(
  root: Parameters<typeof nextEvent>[0],
  type: PawlEvent['type'],
  isSo: () => Promise<boolean>,
): Promise<void> {
  for (;;) {
    const next = nextEvent(root, type)
    // Not awaited any more where it is so: then its root may end.
    next.catch(() => {})
    if (await isSo()) return
    await next
  }
}

const deep = (chain: SimulatedChain): number => chain.canonical().length - 3

async function stored(sql: postgres.Sql) {
  const [row] = await sql<
    [
      {
        migrations: number
        fired: number
        seeded: number
        waiting: number
        announced: number
        level: number
        triggers: string
      },
    ]
  >`
    select (select count(*)::int from pawl.migration) as migrations,
           (select fired::int from pawl.job where name = 'daily') as fired,
           (select count(*)::int from seen where what = 'seeded') as seeded,
           (select count(*)::int from seen where what <> 'seeded') as announced,
           (select count(*)::int from pawl.firing where state = 'queued') as waiting,
           (select level::int from pawl.index) as level,
           (select string_agg(distinct replace(tgname, 'pawl journal ', ''), ', ') from pg_trigger
             where tgname like 'pawl journal %') as triggers`
  return row
}

function received(chain: SimulatedChain): Readonly<Record<string, number>> {
  const balances: Record<string, number> = {}
  for (const { events } of chain.canonical()) {
    for (const { to, amount } of events) balances[to] = (balances[to] ?? 0) + amount
  }
  return balances
}
