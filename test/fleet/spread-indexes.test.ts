import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'

const PROGRAM = fileURLToPath(new URL('spread-process.js', import.meta.url))
/** What `on_synchronized` of spread-process.ts waits for. */
const GATE = 1
const LIMIT = { timeout: 120_000 }

interface Member {
  readonly child: ChildProcess
  /** Resolves when it has told this, so many times. */
  tells(what: string, times?: number): Promise<void>
  end(signal: NodeJS.Signals | 'STOP'): Promise<void>
}

async function startFleet(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.after(() => sql.end())
  const start = (...follow: readonly string[]): Member => {
    const child = fork(PROGRAM, [url, follow.join()], { silent: true })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (printed += String(data)))
    t.after(() => child.kill('SIGKILL'))
    const told: unknown[] = []
    child.on('message', (message) => void told.push(message))
    const count = (what: string): number => told.filter((one) => one === what).length
    return {
      child,
      tells: async (what, times = 1) => {
        while (count(what) < times) {
          if (child.exitCode !== null) throw new Error(`it ended without ${what}:\n${printed}`)
          await Promise.race([once(child, 'message'), once(child, 'exit')])
        }
      },
      end: async (how) => {
        const ended = once(child, 'exit')
        if (how === 'STOP') child.send(how)
        else child.kill(how)
        await ended
      },
    }
  }
  const followers = async () => {
    const rows = await sql<{ name: string; pid: number }[]>`
      select name, pid from pawl.lease where expires_at > clock_timestamp() order by name`
    return rows.map(({ name, pid }) => [name, pid])
  }
  /** `on_synchronized` runs when it is synchronized already. */
  const told = async (least = 0): Promise<number> => {
    if (least > 0) await until(sql, (sql) => sql`select where (select count(*) from told) >= ${least}`)
    const [row] = await sql<{ count: number }[]>`select count(*)::int as count from told`
    return row?.count ?? 0
  }
  const seen = async () => {
    const rows = await sql<{ index: string; pids: number[]; levels: number; twice: number }[]>`
      select index, array_agg(distinct pid) as pids, count(distinct level)::int as levels,
        (count(*) - count(distinct level))::int as twice
      from seen group by index order by index`
    return rows.map((row) => ({ ...row }))
  }
  return { sql, start, followers, told, seen }
}

test('each process follows its own index, and the fleet is synchronized once', LIMIT, async (t) => {
  const { start, followers, told, seen } = await startFleet(t)
  const [one, two] = [start('a'), start('b')]
  await Promise.all([one.tells('synchronized'), two.tells('synchronized')])
  assert.deepEqual(await followers(), [
    ['indexer:a', one.child.pid],
    ['indexer:b', two.child.pid],
  ])
  assert.deepEqual(await seen(), [
    { index: 'a', pids: [one.child.pid], levels: 40, twice: 0 },
    { index: 'b', pids: [two.child.pid], levels: 40, twice: 0 },
  ])
  assert.equal(await told(1), 1)
  await Promise.all([one.end('STOP'), two.end('STOP')])
  assert.deepEqual([one.child.exitCode, two.child.exitCode, await followers()], [0, 0, []])
})

test('synchronized is that of the fleet: one at its head waits for the other', LIMIT, async (t) => {
  const { sql, start, told } = await startFleet(t)
  const one = start('a')
  await one.tells('syncing')
  await until(sql, (sql) => sql`select from pawl.index where name = 'a' and synchronized`)
  assert.equal(await told(), 0)
  const two = start('b')
  await Promise.all([one.tells('synchronized'), two.tells('synchronized')])
  assert.equal(await told(1), 1)
  await two.end('STOP')
  await one.tells('syncing', 2)
})

test('the index of one that is killed goes on in one that may follow it', LIMIT, async (t) => {
  const { sql, start, followers, told, seen } = await startFleet(t)
  const two = start('b')
  await two.tells('syncing')
  const one = start('a', 'b')
  await Promise.all([one.tells('synchronized'), two.tells('synchronized')])
  await told(1)
  const standby = start('a')
  await until(sql, (sql) => sql`select where (select count(*) from pawl.process) = 3`)
  // Whichever of them has b: what it has goes to the other two.
  const held = new Map((await followers()).map(([name, pid]) => [name, pid]))
  const victim = held.get('indexer:b') === one.child.pid ? one : two
  await victim.end('SIGKILL')
  const others = [one, two, standby].filter((member) => member !== victim)
  await until(
    sql,
    (sql) => sql`
      select where (select count(*) from pawl.lease where expires_at > clock_timestamp() and pid <> ${victim.child.pid ?? 0}) = 2`,
  )
  for (const { child } of others) child.send('extend')
  await until(
    sql,
    (sql) => sql`
      select where (select count(*) from pawl.index where synchronized and level >= 39) = 2
        and (select count(*) from told) = 2`,
  )
  for (const { levels, twice } of await seen()) assert.deepEqual([levels >= 40, twice], [true, 0])
  assert.equal(await told(), 2)
})

test('who may follow what others do stands by, and has it when they stop', LIMIT, async (t) => {
  const { sql, start, followers } = await startFleet(t)
  const one = start('a', 'b')
  await one.tells('synchronized')
  const two = start('b')
  await two.tells('standby')
  assert.deepEqual(
    (await followers()).map(([, pid]) => pid),
    [one.child.pid, one.child.pid],
  )
  await one.end('STOP')
  await until(
    sql,
    (sql) => sql`select from pawl.lease where name = 'indexer:b' and pid = ${two.child.pid ?? 0}`,
  )
})

test('a wipe by one ends the others, who begin anew', LIMIT, async (t) => {
  const { start, told, seen } = await startFleet(t)
  const [one, two] = [start('a'), start('b')]
  await Promise.all([one.tells('synchronized'), two.tells('synchronized')])
  const ended = once(two.child, 'exit')
  one.child.send('REINDEX')
  assert.deepEqual(await ended, [1, null])
  const again = start('b')
  await Promise.all([one.tells('synchronized', 2), again.tells('synchronized')])
  assert.deepEqual(
    (await seen()).map(({ pids, levels, twice }) => [pids, levels, twice]),
    [
      [[one.child.pid], 40, 0],
      [[again.child.pid], 40, 0],
    ],
  )
  assert.equal(await told(1), 1)
})

const waitingFor = (sql: postgres.Sql, mode: string) => sql`
  select from pg_locks where locktype = 'advisory' and mode = ${mode} and not granted
    and database = (select oid from pg_database where datname = current_database())`

test('a wipe waits for on_synchronized of another process, which tells of the old rows', LIMIT, async (t) => {
  const { sql, start, told, seen } = await startFleet(t)
  await sql`select pg_advisory_lock(${GATE})`
  const [one, two] = [start('a'), start('b')]
  await Promise.all([one.tells('synchronized'), two.tells('synchronized')])
  const [teller] = await until(
    sql,
    (sql) => sql<{ pid: number }[]>`
      select p.pid from pawl.lifecycle l join pawl.process p on to_jsonb(p.id) = l.value
      where l.key = 'synchronized' and exists (${waitingFor(sql, 'ShareLock')} and objid = ${GATE})`,
  )
  const isFirst = one.child.pid === teller?.pid
  const [telling, wiping] = isFirst ? [one, two] : [two, one]
  const ended = once(telling.child, 'exit')
  wiping.child.send('REINDEX')
  await until(sql, (sql) => waitingFor(sql, 'ExclusiveLock'))
  assert.deepEqual(
    (await seen()).map(({ levels }) => levels),
    [40, 40],
  )
  await sql`select pg_advisory_unlock(${GATE})`
  assert.deepEqual(await ended, [1, null])
  const again = start(isFirst ? 'a' : 'b')
  await Promise.all([wiping.tells('synchronized', 2), again.tells('synchronized')])
  assert.equal(await told(1), 1)
})
