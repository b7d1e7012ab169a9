import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { recordChain } from '../e2e/durable/record-chain.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'

const CONFIG = `import { defineConfig } from 'pawl'
import { replay } from 'pawl/replay'
export default defineConfig({
  database: process.env.DATABASE_URL,
  immuneTables: ['kept'],
  indexes: {
    blocks: {
      datasource: replay({ file: 'chain.ndjson', onEnd: () => console.log('the end') }),
      handler: (ctx, { level }) => ctx.sql\`insert into seen values (\${level})\`.then(() => {}),
    },
  },
})
`
const TABLES = 'create table seen (level int primary key);\ncreate table if not exists kept (id int);\n'

async function project(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG, 'sql/on_reindex/tables.sql': TABLES })
  linkDependencies(folder)
  const chain = recordChain(join(folder, 'chain.ndjson'), { levels: 12, seed: 3 })
  const env = { DATABASE_URL: url }
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.after(() => sql.end())
  const run = () => startCli(t, folder, ['run'], env)
  return {
    run,
    head: String(chain.canonical.length - 1),
    schema: (...args: string[]) => runCli(t, folder, ['schema', ...args], env),
    change: () => writeFileSync(join(folder, 'sql/on_reindex/tables.sql'), `-- more\n${TABLES}`),
    index: async () => {
      const process = run()
      await process.prints(/the end/)
      process.kill('SIGTERM')
      return process.ended
    },
    counts: async () => {
      const [row] =
        await sql`select to_regclass('seen') is not null as seen, to_regclass('kept') is not null as kept`
      return row
    },
  }
}

const NO_TTY =
  /^error: nothing is wiped without being asked\nGive --force to wipe without a question[^\n]+\n$/

describe('pawl schema', { concurrency: 2, timeout: 300_000 }, () => {
  test('status tells what is indexed; approve lets a changed project go on', async (t) => {
    const { schema, index, change, run, head } = await project(t)
    const empty = await schema('status')
    assert.match(
      empty.out,
      /^postgres:\/\/[^\n]+, schema "public"\nNothing is indexed yet: the first start makes it\.\n$/,
    )
    await index()
    const fits = await schema('status')
    assert.equal(fits.code, 0, fits.err)
    assert.match(
      fits.out,
      new RegExp(
        `\nindex +level +orphaned rows\nblocks +${head} +–\nWhat is indexed fits the config\\.\n$`,
        's',
      ),
    )

    change()
    const modified = await schema('status')
    assert.equal(modified.code, 1)
    assert.match(modified.out, /\nschema_modified \(exception\): sql\/on_reindex\/tables\.sql has changed\n/)
    const json = JSON.parse((await schema('status', '--json')).out) as { modifications: unknown }
    assert.deepEqual(json.modifications, [
      { reason: 'schema_modified', what: ['sql/on_reindex/tables.sql has changed'], action: 'exception' },
    ])
    const refused = await run().ended
    assert.equal(refused.code, 2)
    assert.match(
      refused.err,
      /what is indexed does not fit any more: schema_modified: sql\/on_reindex\/tables\.sql has changed/,
    )
    assert.match(refused.err, /pawl schema wipe.*pawl schema approve/s)

    const approved = await schema('approve')
    assert.deepEqual(
      [approved.code, approved.out],
      [0, 'approved: the next start takes what is indexed as it is\n'],
    )
    assert.match((await index()).out, /● synchronized/)
    assert.equal((await schema('status')).code, 0)
  })

  test('wipe asks first, keeps immune tables, and the next start indexes again', async (t) => {
    const { schema, index, counts } = await project(t)
    await index()
    const asked = await schema('wipe')
    assert.equal(asked.code, 2)
    assert.match(asked.err, NO_TTY)
    assert.deepEqual(await counts(), { seen: true, kept: true })
    const wiped = await schema('wipe', '--force')
    assert.deepEqual(
      [wiped.code, wiped.out],
      [0, 'wiped: the next start indexes again from the first level\n'],
    )
    assert.deepEqual(await counts(), { seen: false, kept: true })
    assert.match((await index()).out, /reindexing: first start[^]*● synchronized/)
    assert.deepEqual(await counts(), { seen: true, kept: true })
  })

  test('wipe and approve do nothing while a process works', async (t) => {
    const { schema, run, counts } = await project(t)
    const running = run()
    await running.prints(/the end/)
    for (const args of [['wipe', '--force'], ['approve']]) {
      const { code, out, err } = await schema(...args)
      assert.deepEqual({ code, out }, { code: 1, out: '' })
      assert.match(err, /^error: [^ :]+:\d+:[^ ]+ works on this schema\nStop it first/)
    }
    assert.deepEqual(await counts(), { seen: true, kept: true })
    running.kill('SIGTERM')
    assert.equal((await running.ended).code, 143)
  })
})
