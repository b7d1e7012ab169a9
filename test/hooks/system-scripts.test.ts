import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallbackError, type HookContext } from 'pawl'
import { openHooks } from './hook-runner-fixture.ts'
import { makeProject } from './sql-script/sql-folder.ts'

const NOTE = `insert into noted (what) values ('script');`
const note = (what: string) => async (ctx: HookContext) =>
  void (await ctx.sql`insert into noted (what) values (${what})`)

describe('the scripts of a system hook', { timeout: 300_000 }, () => {
  for (const name of ['on_restart', 'on_reindex', 'on_synchronized'] as const) {
    test(`of ${name} have run when its callback begins`, async (t) => {
      const directory = await makeProject(t, {
        [`sql/${name}/1-table.sql`]: 'create table noted (at int generated always as identity, what text);',
        [`sql/${name}/2-note.sql`]: NOTE,
      })
      const { hooks, database } = await openHooks(
        t,
        {},
        { directory, systemHooks: { [name]: note('callback') } },
      )
      await hooks.fireSystem(name, [])
      const rows = await database.sql`select what from noted order by at`
      assert.deepEqual(
        rows.map(({ what }) => what as string),
        ['script', 'callback'],
      )
    })
  }

  test('run where there is no callback, and a failing one keeps the callback from running', async (t) => {
    const directory = await makeProject(t, { 'sql/on_restart/1.sql': 'insert into written values (1);' })
    let called = 0
    const { hooks, rows } = await openHooks(t, {}, { directory })
    await hooks.fireSystem('on_restart', [])
    assert.deepEqual(await rows(), [1])

    const failing = await openHooks(
      t,
      {},
      {
        directory: await makeProject(t, { 'sql/on_restart/1.sql': 'select nothing_there;' }),
        systemHooks: { on_restart: () => void (called += 1) },
      },
    )
    await assert.rejects(failing.hooks.fireSystem('on_restart', []), CallbackError)
    assert.equal(called, 0)
  })

  test('of on_index_rollback run last: after the rollback, and after the callback', async (t) => {
    const directory = await makeProject(t, { 'sql/on_index_rollback/1.sql': NOTE })
    const { hooks, database } = await openHooks(
      t,
      {},
      {
        directory,
        rollback: async () => void (await database.sql`insert into noted (what) values ('rollback')`),
        systemHooks: {
          on_index_rollback: async (ctx, ...range) => {
            await ctx.rollback(...range)
            await note('callback')(ctx)
          },
        },
      },
    )
    await database.sql`create table noted (at int generated always as identity, what text)`
    await hooks.fireSystem('on_index_rollback', ['blocks', 9, 6])
    const rows = await database.sql`select what from noted order by at`
    assert.deepEqual(
      rows.map(({ what }) => what as string),
      ['rollback', 'callback', 'script'],
    )
  })
})
