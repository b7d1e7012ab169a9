import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { CallbackError, hook, SqlScriptError } from 'pawl'
import type { HookContext } from '../../../src/hooks/context.ts'
import { openHooks } from '../hook-runner-fixture.ts'
import { makeProject } from './sql-folder.ts'

/** Runs one hook with these files; what it threw is of the script. */
async function run(
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  callback: (ctx: HookContext) => Promise<unknown>,
  { atomic = false } = {},
) {
  const directory = await makeProject(t, files)
  const one = hook({ atomic, run: async (ctx) => void (await callback(ctx)) })
  const fixture = await openHooks(t, { one }, { directory })
  const error: unknown = await fixture.fire('one').then(
    () => undefined,
    (error: unknown) => error,
  )
  const cause = error instanceof CallbackError ? error.cause : error
  assert.ok(cause === undefined || cause instanceof SqlScriptError, String(cause))
  return { ...fixture, error: error as CallbackError | undefined, cause }
}

describe('a script', { concurrency: true }, () => {
  test('runs every file and statement in order, and takes arguments as values only', async (t) => {
    const { error, rows, database } = await run(
      t,
      {
        'sql/many/10.sql': 'insert into written select max(row) * 10 from written;',
        'sql/many/2.sql': `-- ; first
          insert into written values ($2);
          do $$ begin insert into written values (2); end $$;
          insert into written select $1 where '$2' = '$' || 2; -- no semicolon, and {} and {name} mean nothing`,
        'sql/names.sql': `create table t (a text, b text); insert into t values ($1, $1 || $2)`,
      },
      async (ctx) => {
        await ctx.executeSqlScript('many', [3, 1])
        await ctx.executeSqlScript('names', [`'); drop table written; --`, '{x} $1'])
      },
    )
    assert.equal(error, undefined)
    assert.deepEqual(await rows(), [1, 2, 3, 30])
    const [row] = await database.sql`select a, b from t`
    assert.deepEqual({ ...row }, { a: `'); drop table written; --`, b: `'); drop table written; --{x} $1` })
  })

  test('of no files does nothing', async (t) => {
    const { error } = await run(t, { 'sql/empty/': '', 'sql/blank.sql': ' -- nothing\n;;' }, async (ctx) => {
      await ctx.executeSqlScript('empty')
      await ctx.executeSqlScript('blank')
    })
    assert.equal(error, undefined)
  })

  test('may run what needs to be alone, from a hook that is not atomic', async (t) => {
    const files = {
      'sql/view.sql': `create materialized view seen as select row from written; create unique index on seen (row);`,
      'sql/alone.sql': `vacuum (analyze) written; refresh materialized view concurrently seen; create index concurrently on written ((row + 1))`,
    }
    const callback = async (ctx: HookContext) => {
      await ctx.executeSqlScript('view')
      await ctx.executeSqlScript('alone')
    }
    assert.equal((await run(t, files, callback)).error, undefined)
    const { error, cause } = await run(t, files, callback, { atomic: true })
    assert.match(
      cause?.message ?? '',
      /^sql\/alone\.sql:1: VACUUM cannot run inside a transaction block, in: vacuum/,
    )
    assert.match(error?.hint ?? '', /Run it from a hook that is not atomic/)
  })

  const broken = `insert into written values (1); /* 😀 é
 */ -- ;
insert into written values (2)
  , (3);
select '😀😀é
', "é",
   e'\\\\n', wrong_column;
insert into written values (4);`

  for (const atomic of [false, true]) {
    test(`that fails names file, line and statement (${atomic ? 'atomic' : 'not atomic'})`, async (t) => {
      const { cause, error, rows } = await run(
        t,
        { 'sql/a/1.sql': broken.replace('"é",\n', '\n') },
        (ctx) => ctx.executeSqlScript('a'),
        { atomic },
      )
      assert.match(
        cause?.message ?? '',
        /^sql\/a\/1\.sql:7: column "wrong_column" does not exist, in: select '😀/,
      )
      assert.match(
        error?.message ?? '',
        /^hook "one" failed: sql\/a\/1\.sql:7: .*run-script\.test\.[jt]s:\d+\)$|^hook "one" failed: sql\/a\/1\.sql:7: /,
      )
      assert.deepEqual(await rows(), atomic ? [] : [1, 2, 3])
    })
  }

  test('of one million characters before the error still names the line', async (t) => {
    const statement = `select ${'\n'.repeat(1_000)}${`'😀', `.repeat(100_000)}\n\n wrong`
    const { cause } = await run(t, { 'sql/a.sql': `select 1;\n${statement}` }, (ctx) =>
      ctx.executeSqlScript('a'),
    )
    assert.match(cause?.message ?? '', /^sql\/a\.sql:1004: column "wrong" does not exist/)
    assert.equal((cause?.message.length ?? 0) < 250, true)
  })

  for (const [what, text, message] of [
    ['COMMIT', 'select 1;\ncommit', /^sql\/a\.sql:2: COMMIT cannot run from a script/],
    [
      'a psql command',
      '\n\\copy written from x',
      /^sql\/a\.sql:2: \\copy written from x is a command of psql/,
    ],
    ['COPY FROM stdin', 'copy written from stdin', /^sql\/a\.sql:1: COPY … FROM stdin cannot run/],
    ['SET', 'set search_path = x', /^sql\/a\.sql:1: SET SEARCH_PATH would change a connection/],
    [
      'an argument too few',
      'select 1;\nselect $2::int',
      /^sql\/a\.sql:2: the statement uses \$2, but 1 argument was given/,
    ],
    ['bytes that are no UTF-8', Buffer.from([0x73, 0xff]), /^the SQL script sql\/a\.sql is not UTF-8 text/],
    ['a NUL', 'select 1\0', /^the SQL script sql\/a\.sql is not UTF-8 text/],
    [
      'an open quote',
      `insert into written values (1);\nselect 'a;\n`,
      /^sql\/a\.sql:2: unterminated quoted string/,
    ],
  ] as const) {
    test(`with ${what} is refused`, async (t) => {
      const { cause } = await run(t, { 'sql/a.sql': text }, (ctx) => ctx.executeSqlScript('a', [1]))
      assert.match(cause?.message ?? '', message)
    })
  }

  test('changes nothing when one of its files cannot be read as SQL', async (t) => {
    const { cause, rows } = await run(
      t,
      { 'sql/a/1.sql': 'insert into written values (1)', 'sql/a/2.sql': 'commit' },
      (ctx) => ctx.executeSqlScript('a'),
    )
    assert.match(cause?.message ?? '', /^sql\/a\/2\.sql:1: COMMIT/)
    assert.deepEqual(await rows(), [])
  })
})

describe('a query', { concurrency: true }, () => {
  test('returns the rows of its one statement', async (t) => {
    let rows: unknown
    const { error } = await run(t, { 'sql/q.sql': `select $1::int + 1 as x, ';' as y;` }, async (ctx) => {
      rows = await ctx.executeSqlQuery('q', [2])
    })
    assert.equal(error, undefined)
    assert.deepEqual(
      (rows as object[]).map((row) => ({ ...row })),
      [{ x: 3, y: ';' }],
    )
  })

  for (const [what, files] of [
    ['2 statements', { 'sql/q.sql': 'select 1; select 2' }],
    ['0 statements', { 'sql/q.sql': '-- none' }],
    ['2 files', { 'sql/q/1.sql': 'select 1', 'sql/q/2.sql': 'select 2' }],
    ['0 statements', { 'sql/q/': '' }],
  ] as const) {
    test(`of ${what} is refused (${Object.keys(files).length})`, async (t) => {
      const { cause } = await run(t, files, (ctx) => ctx.executeSqlQuery('q'))
      assert.match(cause?.message ?? '', new RegExp(`must be one statement in one file; it is ${what}$`))
    })
  }
})
