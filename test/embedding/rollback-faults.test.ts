import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { hook, type Config } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { tamperingRelayTo } from '../support/tampering-relay.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'
import { startRoot } from './running-root.ts'

const LIMIT = { timeout: 120_000 }

type Other = (sql: postgres.TransactionSql, beside: postgres.Sql) => Promise<unknown>

/** A synchronized root whose levels 4 and 5 wrote both rows of `balance`, and fired what waits for confirmations. */
async function startBalances(t: TestContext, config: Config = {}) {
  const chain = simulateChain({ seed: 7, length: 6, finality: 30 })
  const started = await startRoot(t, {
    ...config,
    on_reindex: async ({ sql }) => {
      await sql`create table balance (id int primary key, n int not null)`
      await sql`insert into balance values (1, 0), (2, 0)`
    },
    hooks: { announce: hook({ run: () => {} }) },
    indexes: {
      blocks: {
        datasource: chain.datasource(),
        handler: async (ctx, { level }) => {
          if (level < 4) return
          await ctx.sql`update balance set n = ${level}`
          await ctx.fireHook('announce', {}, { wait: false, confirmations: 100 })
        },
      },
    },
  })
  const { emitted, sql, url } = started
  /** A reorg of two levels, whose revert waits for a row that the other transaction has locked: `meet` is then called in that. */
  const reorgBeside = async (meet: Other): Promise<void> => {
    const other = postgres(url, { max: 1, onnotice: () => {} })
    try {
      await other.begin(async (transaction) => {
        // Not this one, but Pawl's is ended by a deadlock.
        await transaction`select set_config('deadlock_timeout', '1min', true)`
        await transaction`update balance set n = n where id = 2`
        chain.reorg(2, 3)
        await until(sql, waitingFor('%balance%'))
        await meet(transaction, sql)
      })
    } finally {
      await other.end()
    }
  }
  /** It was undone once, told once, and Pawl is synchronized with the new branch. */
  const assertUndone = async (): Promise<void> => {
    await emitted.synchronized()
    const story = emitted.story()
    assert.deepEqual(
      story.filter((line) => line.includes('rolled back')),
      ['blocks rolled back from 5 to 3'],
    )
    assert.equal(emitted.events.filter(({ type }) => type === 'hook.dropped').length, 2)
    assert.deepEqual(
      [...(await sql`select level::int, hash from pawl.index`)],
      [{ level: chain.head.level, hash: chain.head.hash }],
    )
    assert.deepEqual([...(await sql`select distinct n from balance`)], [{ n: chain.head.level }])
  }
  const retries = () => emitted.events.flatMap((event) => (event.type === 'index.retrying' ? [event] : []))
  return { ...started, chain, reorgBeside, assertUndone, retries }
}

/** A statement of Pawl's waits for a lock. */
const waitingFor = (query: string) => (sql: postgres.Sql) =>
  sql<{ pid: number }[]>`
  select pid from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and application_name like 'pawl %' and query like ${query}`

const terminate = async (sql: postgres.Sql, query: string): Promise<void> => {
  await until(sql, waitingFor(query))
  const [waiting] = await waitingFor(query)(sql)
  await sql`select pg_terminate_backend(${waiting?.pid ?? null}, 10000)`
}

test('a deadlock with a transaction over the same rows is tried again', LIMIT, async (t) => {
  const { reorgBeside, assertUndone, retries } = await startBalances(t)
  await reorgBeside((transaction) => transaction`update balance set n = n where id = 1`)
  await assertUndone()
  assert.deepEqual(
    retries().map(({ index, attempt, delay }) => [index, attempt, delay]),
    [['blocks', 1, 500]],
  )
  assert.match(String(retries()[0]?.error), /deadlock detected/)
})

test('a connection that is lost during the revert is tried again', LIMIT, async (t) => {
  const { reorgBeside, assertUndone, retries } = await startBalances(t)
  await reorgBeside((_, beside) => terminate(beside, '%balance%'))
  await assertUndone()
  assert.deepEqual(
    retries().map(({ attempt }) => attempt),
    [1],
  )
})

test(
  'an on_index_rollback that fails with what may pass is fired again; what it undid is told once',
  LIMIT,
  async (t) => {
    let calls = 0
    const { chain, assertUndone, retries } = await startBalances(t, {
      on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
        calls += 1
        await ctx.rollback(index, fromLevel, toLevel)
        if (calls < 3)
          await ctx.sql`do $$ begin raise 'as if' using errcode = 'serialization_failure'; end $$`
      },
    })
    chain.reorg(2, 3)
    await assertUndone()
    assert.equal(calls, 3)
    assert.deepEqual(
      retries().map(({ attempt, delay }) => [attempt, delay]),
      [
        [1, 500],
        [2, 1_000],
      ],
    )
  },
)

test('a revert is told though where the index stands could not be loaded after it', LIMIT, async (t) => {
  const { reorgBeside, assertUndone, url, sql, retries } = await startBalances(t)
  const locker = postgres(url, { max: 1, onnotice: () => {} })
  let locked: Promise<unknown> | undefined
  await reorgBeside(async (_, beside) => {
    // It waits behind the revert, and whoever reads where the index stands behind it.
    locked = locker.begin(async (transaction) => {
      await transaction`lock table pawl.index in access exclusive mode`
      await terminate(sql, '%orphaned_from%')
    })
    await until(
      beside,
      (by) => by`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'lock table%'`,
    )
  })
  await locked
  await locker.end()
  await assertUndone()
  assert.deepEqual(retries(), [])
})

test('a revert whose COMMIT is never answered is told by the next try', LIMIT, async (t) => {
  const { url } = await createTestDatabase(t)
  let reorged = false
  let armed = false
  let lost = 0
  const relay = await tamperingRelayTo(t, url, {
    toServer: (chunk) => {
      if (reorged && lost === 0 && chunk.includes('delete from "pawl".version')) armed = true
      return chunk
    },
    toClient: (pass) => {
      let mute = false
      return (chunk) => {
        if (armed && chunk.includes('COMMIT\0')) {
          armed = false
          mute = true
          lost += 1
        }
        if (!mute) pass(chunk)
      }
    },
  })
  const { chain, assertUndone, retries } = await startBalances(t, { database: relay.url })
  reorged = true
  chain.reorg(2, 3)
  await assertUndone()
  assert.equal(lost, 1)
  assert.equal(retries().length, 1)
})
