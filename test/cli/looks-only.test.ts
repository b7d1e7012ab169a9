import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createTestDatabase, openTestDatabase } from '../support/test-database.ts'
import { createFolder, linkDependencies, runCli } from './cli-process.ts'

const CONFIG = `import { defineConfig, hook } from 'pawl'
export default defineConfig({ database: process.env.DATABASE_URL, hooks: { tell: hook({ run() {} }) } })
`
const LIMIT = { timeout: 120_000 }

/** Each of what a person looks with, and its exit code where Pawl has not been yet. */
const LOOKS: readonly (readonly [code: number, ...args: string[]])[] = [
  [0, 'status'],
  [0, 'status', '--json'],
  [0, 'workers'],
  [0, 'hooks', 'queue'],
  [0, 'jobs', 'list'],
  [0, 'schema', 'status'],
  [0, 'inspect'],
  [2, 'rollback', 'transfers', '3', '--dry-run'],
]

/** What would be changed is not there either. */
const CHANGES: typeof LOOKS = [
  [2, 'hooks', 'retry', 'tell'],
  [2, 'hooks', 'drop', '0b0e7c0e-9f3c-4b52-8d9e-000000000000'],
  [2, 'jobs', 'run', 'nightly'],
  [2, 'rollback', 'transfers', '3', '--force'],
  [0, 'schema', 'approve'],
  [0, 'schema', 'wipe', '--force'],
]

function project(t: TestContext, env: NodeJS.ProcessEnv) {
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  linkDependencies(folder)
  const runEach = async (commands: typeof LOOKS): Promise<void> => {
    const answers = await Promise.all(
      commands.map(async ([, ...args]) => [args, await runCli(t, folder, args, env)] as const),
    )
    for (const [at, [args, { code, err }]] of answers.entries())
      assert.equal(code, commands[at]?.[0], `pawl ${args.join(' ')}: ${err}`)
  }
  return { folder, runEach }
}

describe('a command that only looks makes nothing', { concurrency: 2 }, () => {
  test('in a database that Pawl has not been in, where `wipe` drops nothing either', LIMIT, async (t) => {
    const { url } = await createTestDatabase(t)
    const sql = postgres(url, { max: 1 })
    t.after(() => sql.end())
    await sql`create table theirs (id int)`
    await project(t, { DATABASE_URL: url }).runEach([...LOOKS, ...CHANGES])
    const [row] = await sql`
      select to_regnamespace('pawl') is null as "isClean", to_regclass('public.theirs') is not null as "isKept"`
    assert.deepEqual({ ...row }, { isClean: true, isKept: true })
  })

  test('where it would have to start a PostgreSQL first', LIMIT, async (t) => {
    const { folder, runEach } = project(t, {})
    // One way for all of them finds the database.
    await runEach([...LOOKS.slice(0, 3), ...CHANGES.slice(-2)])
    assert.ok(!existsSync(join(folder, '.pawl')))
  })

  test('of an earlier Pawl, which it does not bring up to date', LIMIT, async (t) => {
    const database = await openTestDatabase(t)
    const { sql, ownSchema } = database
    const own = sql(ownSchema)
    await sql`delete from ${own}.migration where id = (select max(id) from ${own}.migration)`
    const steps = () => sql`select id from ${own}.migration order by id`
    const before = await steps()
    const { folder, runEach } = project(t, { DATABASE_URL: database.connectionUrl() })
    await runEach(LOOKS.slice(1, 4).map(([, ...args]) => [2, ...args]))
    assert.deepEqual(await steps(), before)
    const { err } = await runCli(t, folder, ['status'], { DATABASE_URL: database.connectionUrl() })
    assert.match(err, /is of an earlier Pawl .*\n`pawl run` brings it up to date\./)
  })
})
