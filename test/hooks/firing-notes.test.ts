import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../../src/database/database.ts'
import { claimTexts } from '../../src/hooks/claim-texts.ts'
import { FiringNotes } from '../../src/hooks/firing-notes.ts'
import { openExplained } from '../support/explained-session.ts'
import { createMigratedDatabase, openTestDatabase } from '../support/test-database.ts'
import { addProcess } from './add-process.ts'

const PROCESS = '00000000-0000-4000-8000-000000000001'
const OTHER = '00000000-0000-4000-8000-000000000002'

/** A process with the lane of `announce`, and its firings: a key keeps the row of one that has run. */
async function queueOf(database: Database, ids: readonly string[]): Promise<FiringNotes> {
  const { sql } = database
  await addProcess(sql, PROCESS)
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${PROCESS}, 1)`
  for (const id of ids)
    await sql`
      insert into pawl.firing (id, hook, args, origin, key, confirmations, reversible, due_at)
      values (${id}, 'announce', '{}', '{}', ${`key of ${id}`}, 0, false, now())`
  return new FiringNotes(database, PROCESS, claimTexts('pawl').notes)
}

const ofLane = (id: string) => ({ id, reverting: false, claimed: false })

test('the end of one firing and the begin of the next are one transaction', async (t) => {
  const database = await openTestDatabase(t)
  const notes = await queueOf(database, ['first', 'second'])
  assert.equal(await notes.begin(ofLane('first')), true)
  const [, mayRun] = await Promise.all([notes.end(ofLane('first')), notes.begin(ofLane('second'))])
  assert.equal(mayRun, true)
  const rows = await database.sql`select id, state, attempts, xmin::text from pawl.firing order by id`
  assert.deepEqual(
    rows.map(({ id, state, attempts }) => [id, state, Number(attempts)]),
    [
      ['first', 'done', 1],
      ['second', 'running', 1],
    ],
  )
  assert.equal(rows[0]?.['xmin'], rows[1]?.['xmin'])
})

test('each is told whether it may run, whatever comes of the others', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  const notes = await queueOf(database, ['taken', 'reverted', 'free', 'claimed'])
  await sql`update pawl.firing set worker = ${OTHER} where id = 'taken'`
  await sql`update pawl.firing set reverting = true where id = 'reverted'`
  await sql`update pawl.firing set worker = ${PROCESS} where id = 'claimed'`
  const begun = await Promise.all([
    notes.begin(ofLane('taken')),
    notes.begin(ofLane('reverted')),
    notes.begin(ofLane('free')),
    notes.begin({ id: 'claimed', reverting: false, claimed: true }),
    notes.begin(ofLane('nowhere')),
  ])
  assert.deepEqual(begun, [false, false, true, true, false])
})

test('where a note fails, nothing that went with it is noted, and who waits is told', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  const notes = await queueOf(database, ['first', 'second'])
  await notes.begin(ofLane('first'))
  await sql`alter table pawl.firing add constraint unlucky check (id <> 'second' or state = 'queued')`
  const [ended, began] = await Promise.allSettled([notes.end(ofLane('first')), notes.begin(ofLane('second'))])
  assert.deepEqual([ended.status, began.status], ['rejected', 'rejected'])
  const states = await sql`select state from pawl.firing order by id`
  assert.deepEqual(
    states.map(({ state }) => state),
    ['running', 'queued'],
  )
  await sql`alter table pawl.firing drop constraint unlucky`
  await notes.end(ofLane('first'))
})

test('a note reads the firings that it is about, and not all that wait, also before anything is known of them', async (t) => {
  const { url } = await createMigratedDatabase(t)
  const { sql, scans } = await openExplained(t, url)
  await addProcess(sql, PROCESS)
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${PROCESS}, 1)`
  await sql`alter table pawl.firing set (autovacuum_enabled = false)`
  await sql`
    insert into pawl.firing (id, hook, args, origin, confirmations, reversible, due_at)
    select n, 'announce', '{}', '{}', 0, false, now() from generate_series(1, 2000) n`
  const begins = JSON.stringify([ofLane('2')])
  const begun = await sql.unsafe(claimTexts('pawl').notes, ['{1}', PROCESS, begins])
  assert.deepEqual([...begun], [{ id: '2' }])
  const found = scans().filter((scan) => scan.includes('firing'))
  assert.ok(found.length >= 3)
  assert.deepEqual(new Set(found), new Set(['firing_pkey']))
})
