import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database } from '../../src/database/database.ts'
import { takeLease, type Lease } from '../../src/database/lease.ts'
import type { LeaseHolder } from '../../src/database/lease-holder.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { relayTo } from '../support/relay.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** ms. Long enough for a machine that is busy with other tests. */
const DURATION = 1_500

interface Contender {
  readonly database: Database
  readonly lost: Promise<void>
  /** Resolves to whom it waits for. */
  readonly waiting: Promise<string>
  take(signal?: AbortSignal): Promise<Lease>
}

async function openAt(t: TestContext, url: string): Promise<Database> {
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  t.after(() => database.close())
  return database
}

async function contend(t: TestContext, url: string, name: string, duration = DURATION): Promise<Contender> {
  const database = await openAt(t, url)
  await migrate(database)
  // Elsewhere: so that only the database's clock can tell that it is gone.
  const holder: LeaseHolder = { name, pid: 1, machine: undefined }
  let lose = (): void => {}
  let wait = (_holder: string): void => {}
  const lost = new Promise<void>((resolve) => (lose = resolve))
  const waiting = new Promise<string>((resolve) => (wait = resolve))
  return {
    database,
    lost,
    waiting,
    take: (signal = new AbortController().signal) =>
      takeLease(database, {
        name: 'test',
        holder,
        duration,
        onWaiting: wait,
        onLost: lose,
        signal,
      }),
  }
}

/** Two processes on a database, and neither has the lease. */
async function twoContenders(t: TestContext, duration = DURATION): Promise<readonly [Contender, Contender]> {
  const { url } = await createTestDatabase(t)
  return [await contend(t, url, 'one', duration), await contend(t, url, 'two', duration)]
}

interface Standby {
  readonly one: Contender
  readonly two: Contender
  /** The lease of `one`. */
  readonly first: Lease
  /** What `two` waits for. */
  readonly taking: Promise<Lease>
  /** Ends the waiting. */
  readonly controller: AbortController
}

/** One has it, and the other stands by. */
async function standBy([one, two]: readonly [Contender, Contender]): Promise<Standby> {
  const first = await one.take()
  const controller = new AbortController()
  const taking = two.take(controller.signal)
  taking.catch(() => {})
  assert.equal(await two.waiting, 'one')
  return { one, two, first, taking, controller }
}

/** One that was never taken over ends the other's wait so. */
async function giveUp({ controller, taking, first }: Standby): Promise<void> {
  controller.abort(new Error('enough'))
  await assert.rejects(taking, /enough/)
  await first.release()
}

test('one holds it, the other has it as soon as it is released', async (t) => {
  const { first, taking } = await standBy(await twoContenders(t))
  // The wait for the notice begins after the one for the look; both are over in much less than the lease's time.
  const from = performance.now()
  await first.release()
  await first.release()
  const second = await taking
  assert.ok(performance.now() - from < DURATION / 2)
  assert.ok(second.fence > first.fence)
  await second.release()
})

test('of many at once exactly one has it', async (t) => {
  const { url } = await createTestDatabase(t)
  const controller = new AbortController()
  const contenders = await Promise.all(['a', 'b', 'c', 'd'].map((name) => contend(t, url, name)))
  let holders = 0
  const takings = contenders.map(async (contender) => {
    const lease = await contender.take(controller.signal).catch(() => undefined)
    if (lease === undefined) return
    holders += 1
    await Promise.all(contenders.filter((other) => other !== contender).map(({ waiting }) => waiting))
    controller.abort()
    await lease.release()
  })
  await Promise.all(takings)
  assert.equal(holders, 1)
})

// Minutes: longer than the test waits for anything, so that it is not their end that is noticed.
const MINUTES = 10 * 60_000

test('a process of another machine that is killed is missed at once, not when its time is over', async (t) => {
  const { one, two, first, taking } = await standBy(await twoContenders(t, MINUTES))
  await sessionNoted(two.database)
  const killed = performance.now()
  // What the server sees of a SIGKILL: every connection is closed, and nothing was said.
  await one.database.close()
  const second = await taking
  const waited = performance.now() - killed
  t.diagnostic(`taken over after ${Math.round(waited)} ms`)
  assert.ok(waited < MINUTES / 10)
  assert.ok(second.fence > first.fence)
  await second.release()
})

test('a holder whose session is lost for a moment keeps it, also from who stands by', async (t) => {
  const standby = await standBy(await twoContenders(t, MINUTES))
  const { sql } = standby.two.database
  for (let round = 0; round < 3; round += 1) {
    const [pid] = String(await sessionNoted(standby.two.database)).split(' ')
    await sql`update pawl.lease set session = null`
    await sql`select pg_terminate_backend(${Number(pid)}, 5000)`
  }
  await sessionNoted(standby.two.database)
  await giveUp(standby)
})

test('who may not see the sessions of others takes no lease of one that lives, and that of one that is gone', async (t) => {
  const { url } = await createTestDatabase(t)
  const one = await contend(t, url, 'one', MINUTES)
  // A role that every server has, and that may not look at sessions of others.
  await one.database.sql.unsafe(`
    grant all on schema pawl to pg_write_all_data;
    grant all on all tables in schema pawl to pg_write_all_data;
    grant all on all sequences in schema pawl to pg_write_all_data`)
  const two = await contend(t, `${url}?role=pg_write_all_data`, 'two', MINUTES)
  const standby = await standBy([one, two])
  await sessionNoted(one.database)
  const [seen] = await two.database.sql`
    select count(backend_start)::int as seen from pg_stat_activity where application_name = ${one.database.sessions}`
  assert.equal(seen?.['seen'], 0)
  // Longer than a heartbeat that has lost its session is waited for.
  const early = await Promise.race([standby.taking, one.database.sql`select pg_sleep(2.5)`])
  assert.ok(!('fence' in early), 'a live lease was taken')
  await one.database.close()
  const second = await standby.taking
  assert.ok(second.fence > standby.first.fence)
  await second.release()
})

/** Resolves to the backend of the heartbeat when it is known: nothing tells of it. */
async function sessionNoted({ sql }: Database): Promise<unknown> {
  for (;;) {
    const [row] = await sql`select session from pawl.lease where session is not null`
    if (row !== undefined) return row['session']
    await sql`select pg_sleep(0.01)`
  }
}

test('it is kept past its time', async (t) => {
  const [one, two] = await twoContenders(t)
  const lease = await one.take()
  const until = async (): Promise<Date | undefined> =>
    (await two.database.sql<{ expires_at: Date }[]>`select expires_at from pawl.lease`)[0]?.expires_at
  const began = await until()
  assert.ok(began)
  // Waits for the database's clock, which the test cannot drive.
  await two.database.sql`select pg_sleep(${(DURATION * 1.5) / 1_000}::float8)`
  const [valid] = await two.database.sql`select expires_at > clock_timestamp() as valid from pawl.lease`
  assert.equal(valid?.['valid'], true)
  await lease.release()
})

test('the heartbeat survives killed sessions', async (t) => {
  const [one, two] = await twoContenders(t)
  const lease = await one.take()
  let lost = false
  void one.lost.then(() => (lost = true))
  for (let round = 0; round < 4; round += 1) {
    await two.database.sql`select pg_sleep(${DURATION / 2_000}::float8)`
    await two.database.sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query like '%lease set expires_at%'`
  }
  assert.equal(lost, false)
  await lease.release()
})

test('a process that stood still keeps it where nobody took it, and loses it where somebody did', async (t) => {
  const [one, two] = await twoContenders(t)
  const lease = await one.take()
  let lost = false
  void one.lost.then(() => (lost = true))
  standStill(2 * DURATION)
  await two.database.sql`select pg_sleep(${(DURATION * 1.5) / 1_000}::float8)`
  const [row] = await two.database.sql`select expires_at > clock_timestamp() as valid from pawl.lease`
  assert.deepEqual([lost, row?.['valid']], [false, true])

  // By the server, while this process, and with it the test, stands still.
  const taking = two.database.sql`
    with later as materialized (select pg_sleep(${DURATION / 2_000}::float8))
    update pawl.lease set holder = 'two' from later`.execute()
  await two.database.sql`select 1`
  standStill(2 * DURATION)
  await Promise.all([taking, one.lost])
  await lease.release()
})

/** As a suspended machine does, or one that others keep busy. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('cut off from the database it is lost, another takes over, and what is half done is undone', async (t) => {
  const { url } = await createTestDatabase(t)
  const relay = await relayTo(t, url)
  const pair = [await contend(t, relay.url, 'one'), await contend(t, url, 'two')] as const
  const { one, two, first, taking } = await standBy(pair)
  await two.database.sql`create table item (id int)`
  let begun = (): void => {}
  const working = new Promise<void>((resolve) => (begun = resolve))
  // What a level's transaction does, in a process that then is cut off.
  const cut = one.database.transaction(async ({ sql }) => {
    await sql`select from pawl.fence where name = 'test' and number = ${first.fence} for share`
    await sql`insert into item values (1)`
    begun()
    await sql`select pg_sleep(0.01)`
    await new Promise<never>(() => {})
  })
  cut.catch(() => {})
  await working
  relay.freeze()
  const from = performance.now()
  const [second] = await Promise.all([taking, one.lost])
  const waited = Math.round(performance.now() - from)
  t.diagnostic(`taken over after ${waited} ms of a lease of ${DURATION} ms`)
  assert.ok(waited < 3 * DURATION, `took ${waited} ms`)
  assert.ok(second.fence > first.fence)
  assert.deepEqual([...(await two.database.sql`select id from item`)], [])
  await second.release()
})

test('who lost it does not take it away from the next by releasing', async (t) => {
  const { url } = await createTestDatabase(t)
  const one = await contend(t, url, 'same name')
  const two = await contend(t, url, 'same name')
  const first = await one.take()
  // In nobody's name, so that no heartbeat of the first brings it back.
  await two.database.sql`update pawl.lease set holder = 'gone', expires_at = clock_timestamp()`
  const second = await two.take()
  await first.release()
  const rows = await two.database.sql`select from pawl.lease`
  assert.equal(rows.count, 1)
  await second.release()
})

test('an abort ends the wait', async (t) => {
  await giveUp(await standBy(await twoContenders(t)))
})
