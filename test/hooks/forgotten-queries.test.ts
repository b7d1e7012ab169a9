import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { CallbackError, hook, type HookContext } from 'pawl'
import { silentLogger } from '../../src/logger.ts'
import { openHooks } from './hook-runner-fixture.ts'

/** Runs a callback, atomic or not; what it warned of. */
async function run(t: TestContext, atomic: boolean, callback: (ctx: HookContext) => unknown) {
  const warnings: string[] = []
  const logger = { ...silentLogger, child: () => logger, warn: (text: string) => void warnings.push(text) }
  const hooks = {
    forgets: hook({
      atomic,
      run: async (ctx) => {
        await callback(ctx)
      },
    }),
  }
  const opened = await openHooks(t, hooks, { logger })
  const failure = await opened.fire('forgets').then(
    () => undefined,
    (error: unknown) => error,
  )
  return { failure, warnings, rows: await opened.rows(), sql: opened.database.sql }
}

const PLACE = String.raw`\(at .*forgotten-queries\.test\.[jt]s:\d+\)`

test('a query that a transaction makes and never sends fails it, and is named with its place', async (t) => {
  const { failure, rows } = await run(t, true, async ({ sql }) => {
    await sql`insert into written values (1)`
    void sql`insert into written values (${2})`
  })
  assert.ok(failure instanceof CallbackError)
  const message = String.raw`^hook "forgets" failed: .*never sent: insert into written values \( ?\) ${PLACE}`
  assert.match(failure.message, new RegExp(message))
  assert.match(failure.hint ?? '', /await it/)
  assert.deepEqual(rows, [])
})

test('so does one inside sql.begin, which is undone alone', async (t) => {
  const { failure, rows } = await run(t, true, async ({ sql }) => {
    await sql`insert into written values (1)`
    await assert.rejects(
      sql.begin(async (inner) => {
        await inner`insert into written values (2)`
        void inner.unsafe('delete from written')
      }),
      /never sent: delete from written/,
    )
  })
  assert.equal(failure, undefined)
  assert.deepEqual(rows, [1])
})

test('one that stands alone is told by a warning', async (t) => {
  const { failure, warnings, rows } = await run(t, false, async ({ sql }) => {
    await sql`insert into written values (1)`
    void sql`with gone as (delete from written returning 1) select 1`
  })
  assert.equal(failure, undefined)
  assert.equal(warnings.length, 1)
  assert.match(
    warnings[0] ?? '',
    new RegExp(`^hook "forgets" has made .*never sent: with gone as .*${PLACE}`),
  )
  assert.deepEqual(rows, [1])
})

for (const atomic of [true, false]) {
  test(`parts, helpers, cursors and what is sent without await are no such queries (atomic: ${atomic})`, async (t) => {
    const { failure, warnings, rows } = await run(t, atomic, async ({ sql }) => {
      const insert = sql`insert into ${sql('written')}`
      const values = [sql`values (1)`, sql`, (2)`]
      await sql`with done as (${insert} ${values} returning row) select row from done`
      void sql`where row > 1`
      void sql`select 1`
      for await (const _ of sql`delete from written where row = 2 returning row`.cursor()) {
        // Its rows are of no interest.
      }
      await sql`insert into written ${sql([{ row: 3 }])}`
      const sent = sql`insert into written values (4)`.execute()
      await sent
    })
    assert.equal(failure, undefined)
    assert.deepEqual(warnings, [])
    assert.deepEqual(rows, [1, 3, 4])
  })
}

test('a statement that stands alone, fails and is not awaited is told by a warning; the callback ends after it', async (t) => {
  const { failure, warnings, rows } = await run(t, false, async ({ sql }) => {
    void sql`insert into written values (1)`.execute()
    void sql`insert into nowhere values (1)`.execute()
    const caught = sql`insert into nowhere values (2)`.execute()
    await sql`select 1`
    await assert.rejects(caught, /nowhere/)
    ;(await sql`copy written from stdin`.writable()).end('not a number\n')
  })
  assert.equal(failure, undefined)
  assert.deepEqual(rows, [1])
  const sentence = '^hook "forgets" has sent a statement that failed, and that nobody awaited: '
  assert.equal(warnings.length, 2)
  assert.match(
    warnings[0] ?? '',
    new RegExp(`${sentence}relation .*, in: insert into nowhere values .1. ${PLACE}`),
  )
  assert.match(
    warnings[1] ?? '',
    new RegExp(`${sentence}invalid input .*, in: copy written from stdin ${PLACE}`),
  )
})

for (const [direction, leave] of Object.entries({
  'copy written from stdin': (ctx: HookContext) => ctx.sql`copy written from stdin`,
  'copy (select generate_series(1, 1000000)) to stdout': (ctx: HookContext) =>
    ctx.sql`copy (select generate_series(1, 1000000)) to stdout`.readable(),
})) {
  test(`a COPY that a callback leaves open is ended and told: ${direction}`, async (t) => {
    const { failure, warnings, sql } = await run(t, false, leave)
    assert.equal(failure, undefined)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /^hook "forgets" has left a COPY open, which was ended: copy /)
    // Its lock, too, is given back.
    await sql`truncate written`
  })
}

for (const atomic of [true, false]) {
  test(`so is one whose stream nobody waited for (atomic: ${atomic})`, async (t) => {
    const { failure, rows, sql } = await run(t, atomic, (ctx) => {
      void ctx.sql`copy written from stdin`.execute()
    })
    assert.equal(failure instanceof CallbackError, atomic)
    assert.deepEqual(rows, [])
    await sql`truncate written`
  })
}
