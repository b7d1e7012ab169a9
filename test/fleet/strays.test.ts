import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { fireHook, hook, type HookContext } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { latch } from '../hooks/latch.ts'
import { startRoot } from '../hooks/running-root.ts'
import { until } from '../support/until.ts'

for (const executor of [undefined, graphileWorker()]) {
  // As it is where a claim was committed, and the session ended before its answer came.
  test(
    `what is a process's by its row, and it does not know of, runs after all: ${executor?.name ?? 'Pawl'}`,
    { timeout: 60_000 },
    async (t) => {
      const begun = latch()
      const goOn = latch()
      const { root, sql, state } = await startRoot(t, {
        ...(executor === undefined ? {} : { executor }),
        hooks: {
          note: hook({
            args: { n: v.number() },
            maxConcurrency: 2,
            run: async ({ sql }: HookContext, { n }) => {
              if (n === 1) begun.open()
              if (n < 2) await goOn.opened
              await sql`insert into effect (n) values (${n})`
            },
          }),
        },
        on_reindex: async ({ sql }) =>
          void (await sql`create table effect (n int, id int generated always as identity primary key)`),
      })
      await state('synchronized')
      for (let n = 0; n < 4; n += 1) await fireHook(root, 'note', { n }, { wait: false })
      await begun.opened
      // Of 4, the two that run have both slots.
      const strays = await sql`
        update pawl.firing set worker = (select id from pawl.process) where (args ->> 'n')::int >= 2 and worker is null returning id`
      assert.equal(strays.length, 2)
      goOn.open()
      await until(sql, (sql) => sql`select where (select count(*) from effect) >= 4`)
      const effects = await sql<{ n: number }[]>`select n from effect order by n`
      assert.deepEqual(
        effects.map(({ n }) => n),
        [0, 1, 2, 3],
      )
    },
  )
}
