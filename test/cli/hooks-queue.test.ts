import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'

const CONFIG = `import { defineConfig, hook } from 'pawl'
import * as v from 'valibot'
export default defineConfig({
  database: process.env.DATABASE_URL,
  hooks: {
    flaky: hook({
      args: { wei: v.bigint() },
      retry: { attempts: 1 },
      run: () => { if (!process.env.WORKS) throw new Error('the service is down') },
    }),
    fire: hook({ run: async (ctx) => {
      await ctx.fireHook('flaky', { wei: 1n }, { wait: false, key: 'one' })
      await ctx.fireHook('flaky', { wei: 2n }, { wait: false })
      // Its own job would fire it once more.
      await ctx.jobs.pause('fire')
    } }),
  },
  jobs: { fire: { hook: 'fire', interval: 1 } },
})
`

test(
  'dead firings are listed, queued again and dropped, on a project that runs or does not',
  { timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
    linkDependencies(folder)
    const env = { DATABASE_URL: url }
    const hooks = (...args: string[]) => runCli(t, folder, ['hooks', ...args], env)
    assert.deepEqual(await hooks('queue'), { code: 0, out: 'No firing waits, and none is dead.\n', err: '' })

    const first = startCli(t, folder, ['run'], env)
    await first.prints(/(flaky failed 1 time and is not tried again[^]*){2}/)
    const { out } = await hooks('queue', '--json')
    const [one, two] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; args: object; key: string; error: string })
    assert.ok(one !== undefined && two !== undefined)
    assert.deepEqual([one.args, two.args], [{ wei: '1' }, { wei: '2' }])
    assert.match(one.error, /^hook "flaky".*the service is down/)
    const table = await hooks('queue')
    assert.match(table.out, /^firing +hook +state +runs +level +confirmations +key +last error\n/)
    assert.match(table.out, new RegExp(`\n${one.id} +flaky +dead +1 .* one +hook "flaky"`))
    assert.deepEqual(await hooks('drop', two.id), { code: 0, out: `dropped firing ${two.id}\n`, err: '' })
    first.kill('SIGTERM')
    await first.ended

    const second = startCli(t, folder, ['run'], { ...env, WORKS: '1' })
    await second.prints(/● synchronized/)
    assert.deepEqual(await hooks('retry', 'flaky'), { code: 0, out: 'queued 1 firing again\n', err: '' })
    await second.prints(/flaky finished/)
    second.kill('SIGTERM')
    await second.ended
    assert.equal((await hooks('queue')).out, 'No firing waits, and none is dead.\n')

    const unknown = await hooks('drop', 'nope')
    assert.deepEqual([unknown.code, unknown.out], [2, ''])
    assert.match(unknown.err, /no waiting or dead firing is called "nope"\n.*`pawl hooks queue` lists them/)
  },
)
