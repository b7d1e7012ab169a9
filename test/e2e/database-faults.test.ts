import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createActor, waitFor } from 'xstate'
import { defineConfig, pawl, type HandlerContext, type IndexConfig } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { causesOf } from '../../src/causes-of.ts'
import { startTestServer } from '../support/test-server.ts'
import { createTestDatabase } from '../support/test-database.ts'

// Of all of them together, on a machine that may be busy.
const timeout = 240_000
const LENGTH = 20
/** The level whose handler is disturbed. */
const FAULTY = 12

type Disturb = (ctx: HandlerContext, index: string, sql: postgres.Sql) => Promise<void>

interface Trial {
  readonly url: string
  /** More statements of `on_reindex`. */
  readonly schema?: string
  /** Of several, each writes rows of its own. */
  readonly indexes?: readonly string[]
  /** Called in the handler of the faulty level, before its row is written, at its first try. */
  readonly disturb: Disturb
  /** When the first retry is told of. */
  readonly relieve?: () => void
}

/** Runs the chain to its end and gives the SQLSTATEs that were retried; the cursor was never past what is committed. */
async function retried(t: TestContext, { url, schema = '', indexes = ['one'], disturb, relieve }: Trial) {
  const chain = simulateChain({ seed: 4, length: LENGTH, finality: 15 })
  const sql = postgres(url, { max: 2, onnotice: () => {} })
  t.after(() => sql.end())
  const disturbed = new Set<string>()
  const follow = (index: string): IndexConfig => ({
    datasource: chain.datasource(),
    handler: async (ctx, { level, hash }) => {
      if (level === FAULTY && !disturbed.has(index)) {
        disturbed.add(index)
        await disturb(ctx, index, sql)
      }
      await ctx.sql`insert into seen values (${index}, ${level}, ${hash})`
    },
  })
  const root = createActor(
    pawl(
      defineConfig({
        database: url,
        immuneTables: ['shared'],
        indexes: Object.fromEntries(indexes.map((index) => [index, follow(index)])),
        on_reindex: async (ctx) => {
          await ctx.sql
            .unsafe(`create table seen (index text, level int, hash text, primary key (index, level));
            create table shared (id int primary key, n int not null); insert into shared values (1, 0), (2, 0); ${schema}`)
        },
      }),
    ),
  )
  const states: string[] = []
  const looks: Promise<void>[] = []
  root.on('index.retrying', ({ error }) => {
    const codes = causesOf(error).flatMap((cause) => ('code' in cause ? [String(cause.code)] : []))
    states.push(codes.at(-1) ?? String(error))
    looks.push(cursorFits(sql))
    relieve?.()
  })
  const ended = waitFor(root, ({ status }) => status !== 'active', { timeout: Infinity })
  const synchronized = new Promise<void>((resolve, reject) => {
    root.on('lifecycle', ({ state }) => state === 'synchronized' && resolve())
    root.subscribe({ error: reject })
  })
  root.start()
  try {
    await synchronized
  } finally {
    root.send({ type: 'STOP' })
    await ended
  }
  await Promise.all(looks)
  await cursorFits(sql)
  const expected = indexes.flatMap((index) =>
    chain.canonical().map(({ level, hash }) => ({ index, level, hash })),
  )
  const seen = await sql`select index, level, hash from seen order by index, level`
  assert.deepEqual([...seen], expected)
  return { states, sql }
}

/** Connections may be refused while the server comes back: then there is nothing to see. */
async function cursorFits(sql: postgres.Sql): Promise<void> {
  const rows = await sql<{ level: string | null; reached: number | null }[]>`
    select i.level, (select max(s.level) from seen s where s.index = i.name) as reached from pawl.index i`.catch(
    () => [],
  )
  for (const { level, reached } of rows) assert.equal(Number(level), Number(reached))
}

describe('a fault of the database is retried, and no level is lost', { concurrency: 2, timeout }, () => {
  test('a serialization failure', { timeout }, async (t) => {
    const { url } = await createTestDatabase(t)
    // Levels are read committed, which has none of its own: a foreign server may.
    const { states, sql } = await retried(t, {
      url,
      disturb: async (ctx) => {
        await ctx.sql`update shared set n = n + 1 where id = 1`
        await ctx.sql`do $$ begin raise exception 'could not serialize access' using errcode = '40001'; end $$`
      },
    })
    assert.deepEqual(states, ['40001'])
    assert.deepEqual([...(await sql`select n from shared where id = 1`)], [{ n: 0 }])
  })

  test('a deadlock of two indexes', { timeout }, async (t) => {
    const { url } = await createTestDatabase(t)
    let met = (): void => {}
    const bothLocked = new Promise<void>((resolve) => (met = resolve))
    let locked = 0
    const { states } = await retried(t, {
      url,
      indexes: ['one', 'two'],
      disturb: async (ctx, index) => {
        const [first, second] = index === 'one' ? [1, 2] : [2, 1]
        await ctx.sql`update shared set n = n + 1 where id = ${first}`
        locked += 1
        if (locked === 2) met()
        await bothLocked
        await ctx.sql`update shared set n = n + 1 where id = ${second}`
      },
    })
    assert.deepEqual(states, ['40P01'])
  })

  test('a statement that takes too long', { timeout }, async (t) => {
    const { url } = await createTestDatabase(t)
    const { states } = await retried(t, {
      url,
      disturb: async ({ sql }) => {
        await sql`select set_config('statement_timeout', '50ms', true)`
        await sql`select pg_sleep(10)`
      },
    })
    assert.deepEqual(states, ['57014'])
  })

  test('a lock that is waited for too long', { timeout }, async (t) => {
    const { url } = await createTestDatabase(t)
    const { states } = await retried(t, {
      url,
      disturb: async (ctx, _, other) => {
        await other.begin(async (holder) => {
          await holder`update shared set n = 7 where id = 1`
          await ctx.sql`select set_config('lock_timeout', '50ms', true)`
          await ctx.sql`update shared set n = 8 where id = 1`
        })
      },
    })
    assert.deepEqual(states, ['55P03'])
  })

  test('a server that crashes and recovers', { timeout }, async (t) => {
    const server = await startTestServer({ durable: true })
    t.after(() => server.stop())
    const { states } = await retried(t, {
      url: server.url,
      disturb: async ({ sql }) => {
        const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
        // PostgreSQL takes a backend that was killed like this for a crash, ends all others, and recovers.
        process.kill(row?.pid ?? 0, 'SIGKILL')
        await sql`select 1`
      },
    })
    assert.ok(states.length >= 1, 'it was noticed')
  })

  const disk = smallDisk()
  test(
    'a disk that is full, and has room again later',
    { timeout, skip: disk === undefined && 'needs root and tmpfs' },
    async (t) => {
      if (disk === undefined) return
      const space = `small_${process.pid}`
      // Before the database is dropped: hooks run in their order. Nothing is dropped from a tablespace after its folder is gone.
      let leave = async (): Promise<void> => {}
      t.after(async () => {
        await leave()
        disk.unmount()
      })
      const { url } = await createTestDatabase(t)
      const sql = postgres(url, { max: 1, onnotice: () => {} })
      await sql.unsafe(`create tablespace ${space} location '${disk.folder}'`)
      leave = async () => {
        await sql.unsafe(`drop table if exists big`)
        await sql.unsafe(`drop tablespace ${space}`)
        await sql.end()
      }
      const { states } = await retried(t, {
        url,
        schema: `create table big (id int primary key, data text not null) tablespace ${space}; alter table big alter data set storage external`,
        disturb: async (ctx) => {
          disk.fill()
          await ctx.sql`insert into big select n, repeat('x', 100000) from generate_series(1, 20) n`
        },
        relieve: () => disk.empty(),
      })
      assert.deepEqual(states, ['53100'])
    },
  )
})

/** Eight megabytes, which only root can make. */
function smallDisk() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const mount = mkdtempSync(join(tmpdir(), 'pawl-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0777', 'tmpfs', mount], { stdio: 'ignore' })
  } catch {
    rmSync(mount, { recursive: true })
    return undefined
  }
  // The server runs as another user.
  const folder = join(mount, 'space')
  execFileSync('mkdir', ['-m', '0700', folder])
  execFileSync('chown', ['65534:65534', folder])
  const filler = join(mount, 'filler')
  return {
    folder,
    fill: () => {
      const { bavail, bsize } = statfsSync(mount)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - 65_536)))
    },
    empty: () => rmSync(filler, { force: true }),
    unmount: () => {
      chmodSync(mount, 0o755)
      execFileSync('umount', ['-l', mount])
      rmSync(mount, { recursive: true, force: true })
    },
  }
}
