import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallbackError, hook } from 'pawl'
import type { BaseContext } from '../../src/hooks/context.ts'
import { openHooks } from './hook-runner-fixture.ts'

const LONG = `select ${Array.from({ length: 100 }, (_, n) => n).join(', ')}, nowhere, 1 from written`

const MISTAKES: Readonly<
  Record<string, readonly [(ctx: Pick<BaseContext, 'sql'>) => PromiseLike<unknown>, string]>
> = {
  'a table that is not there': [
    ({ sql }) => sql`insert into writen values (${1})`,
    'relation "writen" does not exist, in: insert into writen values ($1)',
  ],
  'a column that is not there': [
    ({ sql }) => sql`select ${sql('rwo')}
      from written`,
    'column "rwo" does not exist, in: select "rwo" from written',
  ],
  'one late in a long text': [
    ({ sql }) => sql.unsafe(LONG),
    `column "nowhere" does not exist, in: …${LONG.slice(LONG.indexOf('nowhere') - 49).trim()}`,
  ],
  'bad grammar': [({ sql }) => sql.unsafe('selec 1'), 'syntax error at or near "selec", in: selec 1'],
  'a null': [
    ({ sql }) => sql`insert into written values (${null})`,
    'null value in column "row" of relation "written" violates not-null constraint, in: insert into written values ($1)',
  ],
  'a key twice': [
    ({ sql }) => sql`insert into written values (${1}), (${1})`,
    'duplicate key value violates unique constraint "written_pkey", in: insert into written values ($1), ($2)',
  ],
}

test('an error of a statement is told with its text and the place that made it', async (t) => {
  let mistake: (ctx: Pick<BaseContext, 'sql'>) => PromiseLike<unknown> = async () => {}
  const errs = async (ctx: BaseContext): Promise<void> => {
    await mistake(ctx)
  }
  const { fire, level } = await openHooks(t, {
    alone: hook({ atomic: false, run: errs }),
    atomic: hook({ atomic: true, run: errs }),
  })
  for (const [what, [made, message]] of Object.entries(MISTAKES)) {
    mistake = made
    const runs = [() => fire('alone'), () => fire('atomic'), () => level((ctx) => errs(ctx))]
    for (const run of runs) {
      await assert.rejects(run(), (error) => {
        assert.ok(error instanceof CallbackError, what)
        assert.ok(error.message.includes(` failed: ${message} (at `), `${what}: ${error.message}`)
        assert.match(error.message, /\(at .*statement-errors\.test\.[jt]s:\d+\)$/)
        return true
      })
    }
  }
})

test('a constraint that is deferred to COMMIT is told with its hook, and how to find the statement', async (t) => {
  const { fire, database } = await openHooks(t, {
    atomic: hook({
      atomic: true,
      run: async ({ sql }) => void (await sql`insert into written (row, other) values (1, 7)`),
    }),
  })
  await database.sql`alter table written add other int references written deferrable initially deferred`
  await assert.rejects(fire('atomic'), (error) => {
    assert.ok(error instanceof CallbackError)
    assert.match(
      error.message,
      /^hook "atomic" failed: nothing was committed: .* deferred .*"written_other_fkey" \(Key \(other\)=\(7\) /,
    )
    assert.match(error.hint ?? '', /set constraints all immediate/)
    return true
  })
})
