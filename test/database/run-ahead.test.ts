import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Database, Transaction } from '../../src/database/database.ts'
import { SessionLostError } from '../../src/errors.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger } from '../../src/logger.ts'
import { tamperingRelayTo } from '../support/tampering-relay.ts'
import { createTestDatabase } from '../support/test-database.ts'

// The work of a transaction begins when BEGIN is sent, where its session has answered a moment ago.

const insert =
  (id: number) =>
  async ({ sql }: Transaction): Promise<void> => {
    await sql`insert into item values (${id})`
  }

const ids = async ({ sql }: Database): Promise<unknown[]> =>
  (await sql`select id from item order by id`).map(({ id }) => id as unknown)

/** @param toServer changes what is sent to the server */
async function openThrough(t: TestContext, toServer: (chunk: Buffer) => Buffer): Promise<Database> {
  const { url: direct } = await createTestDatabase(t)
  const { url } = await tamperingRelayTo(t, direct, { toServer })
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  t.after(() => database.close())
  await database.sql`create table item (id int primary key)`
  return database
}

/** Stops the clock that sessions go by; what it returns puts it so many ms on. */
function stopClock(t: TestContext): (ms: number) => void {
  let at = performance.now()
  t.mock.method(performance, 'now', () => at)
  return (ms) => void (at += ms)
}

test('the first statement goes with BEGIN; not where the session may have died since', async (t) => {
  const sent: string[] = []
  const database = await openThrough(t, (chunk) => {
    sent.push(chunk.toString('latin1'))
    return chunk
  })
  const pass = stopClock(t)
  const together = (): boolean => sent.some((chunk) => /begin read write.*insert into item/s.test(chunk))
  await database.transaction(insert(1))
  sent.length = 0
  await database.transaction(({ sql }) => sql.unsafe('insert into item values (2)'))
  assert.equal(together(), true)
  sent.length = 0
  pass(101)
  await database.transaction(({ sql }) => sql.unsafe('insert into item values (3)'))
  assert.equal(together(), false)
  assert.deepEqual(await ids(database), [1, 2, 3])
})

test('where BEGIN is refused nothing is written, whatever the work did, and that is told', async (t) => {
  let refuse = false
  const database = await openThrough(t, (chunk) => {
    const text = chunk.toString('latin1')
    return refuse ? Buffer.from(text.replace('begin read write', 'begin read wrote'), 'latin1') : chunk
  })
  stopClock(t)
  await database.transaction(insert(1))
  refuse = true
  for (const swallows of [false, true]) {
    let met: unknown
    const refused = database.transaction(({ sql }) =>
      sql`insert into item values (2)`.catch((error: unknown) => {
        met = error
        if (!swallows) throw error
      }),
    )
    await assert.rejects(refused, { code: '42601' })
    assert.equal(
      (met as { code?: string }).code,
      '25006',
      'a session for transactions writes nothing outside of one',
    )
  }
  const fails = database.transaction(() => Promise.reject(new Error('of its own')))
  await assert.rejects(fails, { code: '42601' })
  refuse = false
  await database.transaction(insert(3))
  assert.deepEqual(await ids(database), [1, 3])
})

for (const [ms, begins] of [
  [101, 1],
  [99, 2],
] as const) {
  test(`a session that dies at BEGIN, ${ms} ms after it answered, ${begins === 1 ? 'is replaced before the work begins' : 'is lost in the middle of it'}`, async (t) => {
    let dies = false
    const database = await openThrough(t, (chunk) => {
      if (!dies || !chunk.includes('begin read write')) return chunk
      dies = false
      // No such message: the server ends the session.
      return Buffer.concat([Buffer.from('!'), chunk.subarray(1)])
    })
    const pass = stopClock(t)
    await database.transaction(insert(1))
    pass(ms)
    dies = true
    let begun = 0
    const work = (transaction: Transaction): Promise<void> => {
      begun += 1
      return insert(2)(transaction)
    }
    if (begins === 2) await assert.rejects(database.transaction(work), SessionLostError)
    if (begun < 2) await database.transaction(work)
    assert.equal(begun, begins)
    assert.deepEqual(await ids(database), [1, 2])
  })
}
