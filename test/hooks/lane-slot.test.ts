import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hook } from 'pawl'
import { systemClock } from '../../src/clock.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { Lane } from '../../src/hooks/lane.ts'
import { silentLogger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { addProcess } from './add-process.ts'
import { latch } from './latch.ts'

const PROCESS = '00000000-0000-4000-8000-000000000001'

// Whoever gets the slot runs what comes next. Should this process die before the note, the first would run again after that.
test('of one slot in all, it is kept until it is noted that the last firing has ended', async (t) => {
  const database = await openTestDatabase(t)
  const { sql } = database
  await addProcess(sql, PROCESS)
  await sql`insert into pawl.lane (hook, process, slots) values ('announce', ${PROCESS}, 1)`
  const rest = { args: {}, at: undefined, confirmations: 0, key: undefined, reversible: false }
  const firing = { id: '1', hook: 'announce', origin: { type: 'outside' }, ...rest } as const
  await new FiringStore(database).add(sql, firing, new Date(0))
  const [ran, note, noted] = [latch(), latch(), latch()]
  const lane = new Lane({
    name: 'announce',
    hook: hook({ run() {} }),
    claims: new FiringClaims(database, PROCESS),
    clock: systemClock,
    logger: silentLogger,
    run: async (_firing, ended) => {
      ended()
      ran.open()
      await note.opened
    },
    shed: noted.open,
    emit: () => {},
  })
  t.after(() => lane.close())
  lane.open()
  lane.wanted(1)
  lane.grant(1)
  await ran.opened
  assert.equal(lane.wanted(0), undefined, 'it wants what it has')
  note.open()
  await noted.opened
  assert.equal(lane.wanted(0), 0)
})
