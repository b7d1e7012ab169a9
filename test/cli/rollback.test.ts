import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createConfirm } from '../../src/cli/confirm.ts'
import { createProgram } from '../../src/cli/create-program.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { CapturedStream } from './captured-stream.ts'
import { createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'

const CONFIG = `import { defineConfig } from 'pawl'
import { simulateChain } from 'pawl/testing'
export default defineConfig({
  database: process.env.DATABASE_URL,
  on_reindex: async (ctx) => {
    await ctx.sql.unsafe('create table block (level int primary key); create table latest (one int primary key, level int)')
    await ctx.sql\`insert into latest values (1, null), (2, null)\`
  },
  indexes: {
    blocks: {
      datasource: simulateChain({ seed: 1, length: 21, finality: 64 }).datasource(),
      handler: async ({ sql }, { level }) => {
        await sql\`insert into block values (\${level})\`
        await sql\`update latest set level = \${level} where one = 1\`
        if (level === 18) await sql\`delete from latest where one = 2\`
      },
    },
  },
})
`

interface Project {
  readonly folder: string
  readonly sql: postgres.Sql
  readonly pawl: (...args: string[]) => ReturnType<typeof runCli>
  readonly env: NodeJS.ProcessEnv
  readonly levels: () => Promise<number>
}

async function createProject(t: TestContext): Promise<Project> {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  linkDependencies(folder)
  const env = { DATABASE_URL: url }
  const sql = postgres(url, { max: 1 })
  t.after(() => sql.end())
  const pawl = (...args: string[]) => runCli(t, folder, args, env)
  const levels = async () => (await sql`select from block`).length
  return { folder, sql, env, pawl, levels }
}

const DRY_RUN = `blocks would be rolled back from level 20 to 16
table   rows that come back  change  go
block   –                    –       4
latest  1                    1       –
`

test(
  'a rollback is tried beside a running Pawl, and done when there is none',
  { timeout: 300_000 },
  async (t) => {
    const { folder, env, pawl, levels } = await createProject(t)
    const run = async (work: () => Promise<void>): Promise<void> => {
      const running = startCli(t, folder, ['run'], env)
      await running.prints(/● synchronized/)
      await work()
      running.kill('SIGTERM')
      await running.ended
    }
    await run(async () => {
      const all = await levels()
      assert.deepEqual(await pawl('rollback', 'blocks', '16', '--dry-run'), {
        code: 0,
        out: DRY_RUN,
        err: '',
      })
      assert.equal(await levels(), all)
      const refused = await pawl('rollback', 'blocks', '16', '--force')
      assert.deepEqual([refused.code, refused.out], [1, ''])
      assert.match(refused.err, /^error: \S+:\d+:\w+ works on this schema\nStop it first/)
      assert.equal(await levels(), all)
    })
    const all = await levels()

    const unasked = await pawl('rollback', 'blocks', '16')
    assert.equal(unasked.code, 2)
    assert.match(unasked.err, /"blocks" is not rolled back without being asked\nGive --force/)
    const unknown = await pawl('rollback', 'block', '16', '--force')
    assert.equal(unknown.code, 2)
    assert.match(unknown.err, /there is no index "block" in the database\nThere is blocks\./)
    const forward = await pawl('rollback', 'blocks', '20', '--force')
    assert.equal(forward.code, 1)
    assert.match(
      forward.err,
      /is at level 20 and cannot be rolled back to 20: a rollback goes to a lower level/,
    )
    assert.equal((await pawl('rollback', 'blocks', '1.5', '--force')).code, 2)
    assert.equal(await levels(), all)

    const done = await pawl('rollback', 'blocks', '16', '--force', '--json')
    assert.deepEqual(JSON.parse(done.out), {
      index: 'blocks',
      fromLevel: 20,
      toLevel: 16,
      tables: [
        { table: 'block', restored: 0, changed: 0, removed: 4 },
        { table: 'latest', restored: 1, changed: 1, removed: 0 },
      ],
      droppedFirings: 0,
      dryRun: false,
    })
    assert.equal(await levels(), all - 4)
    // The next start goes on from there.
    await run(async () => assert.equal(await levels(), all))
  },
)

test('a person is shown what goes, and asked', { timeout: 300_000 }, async (t) => {
  const { folder, env, sql, levels } = await createProject(t)
  const running = startCli(t, folder, ['run'], env)
  await running.prints(/● synchronized/)
  running.kill('SIGTERM')
  await running.ended
  const all = await levels()
  const previous = process.env['DATABASE_URL']
  process.env['DATABASE_URL'] = env['DATABASE_URL']
  t.after(() => {
    if (previous === undefined) delete process.env['DATABASE_URL']
    else process.env['DATABASE_URL'] = previous
  })
  const ask = async (answer: boolean) => {
    const out = new CapturedStream()
    const codes: number[] = []
    const confirm = async (question: string): Promise<boolean> => {
      assert.equal(question, 'Roll blocks back?')
      assert.equal(out.text, DRY_RUN)
      // Nobody can start meanwhile.
      assert.equal((await sql`select from pawl.lease where expires_at > clock_timestamp()`).length, 1)
      return answer
    }
    const context = {
      out,
      debug: false,
      confirm,
      ask: undefined,
      stops: { listen: () => () => {} },
      faults: { listen: () => () => {} },
      force: () => {},
    }
    await createProgram({ ...context, exit: (code) => codes.push(code) }).parseAsync(
      ['rollback', 'blocks', '16', '--config', join(folder, 'pawl.config.ts')],
      { from: 'user' },
    )
    return { codes, text: out.text.slice(DRY_RUN.length) }
  }
  assert.deepEqual(await ask(false), { codes: [1], text: 'Nothing was rolled back.\n' })
  assert.equal(await levels(), all)
  assert.deepEqual(await ask(true), { codes: [], text: DRY_RUN.replace('would be', 'was') })
  assert.equal(await levels(), all - 4)
})

test('only yes is yes, and without a terminal there is no question', async () => {
  const ask = (text: string) => {
    const input = Object.assign(new PassThrough(), { isTTY: true })
    input.end(text)
    return createConfirm(input, new CapturedStream(80))?.('Sure?')
  }
  for (const text of ['y\n', 'YES\n', ' yes ']) assert.equal(await ask(text), true)
  for (const text of ['', '\n', 'n\n', 'yeah\n', 'no\ny\n']) assert.equal(await ask(text), false)
  assert.equal(createConfirm(new PassThrough(), new CapturedStream(80)), undefined)
  assert.equal(
    createConfirm(Object.assign(new PassThrough(), { isTTY: true }), new CapturedStream()),
    undefined,
  )
})
