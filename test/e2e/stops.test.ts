import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createFolder, startCli } from '../cli/cli-process.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { recordChain } from './durable/record-chain.ts'

/** A project that holds at one moment of its lifecycle, until its signal is aborted; or, deaf, for ever. */
const CONFIG = `import { defineConfig, hook } from 'pawl'
import { replay } from 'pawl/replay'

const { HOLD = '', DEAF } = process.env
const hold = async (moment, ctx) => {
  if (HOLD !== moment) return
  console.log('holding: ' + moment)
  await new Promise((resolve) => DEAF || ctx.signal.addEventListener('abort', resolve))
  ctx.signal.throwIfAborted()
}

export default defineConfig({
  database: process.env.DATABASE_URL,
  ...(process.env.DRAIN ? { drainTimeout: Number(process.env.DRAIN) } : {}),
  indexes: {
    blocks: {
      datasource: replay({ file: 'chain.ndjson', onEnd: () => console.log('the end') }),
      handler: async (ctx, { level, hash }) => {
        await ctx.sql\`insert into seen values (\${level}, \${hash})\`
        if (level === 7) await hold('a handler', ctx)
      },
    },
  },
  on_reindex: async (ctx) => {
    await ctx.sql\`create table seen (level int primary key, hash text)\`
    await hold('on_reindex', ctx)
  },
  on_restart: (ctx) => hold('on_restart', ctx),
  on_synchronized: (ctx) => hold('on_synchronized', ctx),
  on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
    await hold('before a rollback', ctx)
    await ctx.rollback(index, fromLevel, toLevel)
    await hold('after a rollback', ctx)
  },
  hooks: {
    plain: hook({ run: (ctx) => hold('a hook', ctx) }),
    atomic: hook({
      atomic: true,
      run: async (ctx) => {
        await ctx.sql\`insert into seen values (-1, 'never')\`
        await hold('an atomic hook', ctx)
        await ctx.sql\`delete from seen where level = -1\`
      },
    }),
  },
  jobs: HOLD.endsWith('hook') ? { hold: { hook: HOLD === 'a hook' ? 'plain' : 'atomic', interval: 1 } } : {},
})
`

const MOMENTS = [
  'on_reindex',
  'on_restart',
  'a handler',
  'before a rollback',
  'after a rollback',
  'on_synchronized',
  'a hook',
  'an atomic hook',
]
/** ms. On a machine so busy that a start takes longer than this, an end may, too. */
const LIMIT = 5_000

async function setUp(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  const chain = recordChain(join(folder, 'chain.ndjson'), { levels: 20, seed: 3 })
  const start = (env: NodeJS.ProcessEnv = {}) =>
    startCli(t, folder, ['run'], { DATABASE_URL: url, DRAIN: '1000', ...env })
  const seen = async () => {
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    const rows = await sql<{ level: number; hash: string }[]>`select level, hash from seen order by level`
    await sql.end()
    return rows.map(({ level, hash }) => ({ level, hash }))
  }
  const expected = chain.canonical.map(({ level, hash }) => ({ level, hash }))
  return { start, seen, expected }
}

type Project = Awaited<ReturnType<typeof setUp>>

/** Holds there, is sent the signal, and has to end; then the next start has to come to the chain's end. */
async function stopAt(
  { start, seen, expected }: Project,
  signal: 'SIGINT' | 'SIGTERM',
  env: NodeJS.ProcessEnv,
) {
  const began = Date.now()
  const first = start(env)
  await first.prints(new RegExp(`holding: ${env['HOLD'] ?? ''}`))
  const asked = Date.now()
  first.kill(signal)
  const { code, out, err } = await first.ended
  const took = Date.now() - asked
  assert.equal(code, signal === 'SIGINT' ? 130 : 143, `${out}${err}`)
  assert.ok(took < Math.max(LIMIT, 2 * (asked - began)), `${took} ms`)
  assert.doesNotMatch(`${out}${err}`, /\n\s+at |● failed/)
  assert.match(out, /● stopped\n$/)

  const second = start()
  await second.prints(/the end/)
  second.kill(signal)
  const { out: told } = await second.ended
  assert.deepEqual(await seen(), expected)
  // It is asked again for what was cut off, and only for that.
  assert.equal(/on_reindex started/.test(told), env['HOLD'] === 'on_reindex', told)
}

describe('a signal', { concurrency: 3 }, () => {
  for (const [at, moment] of MOMENTS.entries()) {
    // Each of them for half of the moments: they differ in nothing but the exit code.
    const signal = at % 2 === 0 ? 'SIGINT' : 'SIGTERM'
    test(
      `${signal} in ${moment}: a clean end, and the next start goes on`,
      { timeout: 300_000 },
      async (t) => {
        await stopAt(await setUp(t), signal, { HOLD: moment })
      },
    )
    test(`${signal} in ${moment} that does not listen`, { timeout: 300_000 }, async (t) => {
      await stopAt(await setUp(t), signal, { HOLD: moment, DEAF: '1' })
    })
  }

  test('by default what does not listen is cut off within 5 s, too', { timeout: 300_000 }, async (t) => {
    await stopAt(await setUp(t), 'SIGINT', { HOLD: 'a hook', DEAF: '1', DRAIN: '' })
  })

  test('a second one ends at once', { timeout: 300_000 }, async (t) => {
    const { start } = await setUp(t)
    const cli = start({ HOLD: 'a hook', DEAF: '1', DRAIN: '60000' })
    await cli.prints(/holding: a hook/)
    cli.kill('SIGINT')
    await cli.prints(/stopping/)
    cli.kill('SIGINT')
    assert.equal((await cli.ended).code, 130)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(
      `${signal} while another process works: the one that stands by ends, the other one goes on`,
      { timeout: 300_000 },
      async (t) => {
        const { start, seen, expected } = await setUp(t)
        const worker = start({ HOLD: 'a handler' })
        await worker.prints(/holding: a handler/)
        const standby = start()
        await standby.prints(/standing by/)
        standby.kill(signal)
        const { code, err } = await standby.ended
        assert.deepEqual([code, err], [signal === 'SIGINT' ? 130 : 143, ''])
        const next = start()
        await next.prints(/standing by/)
        // Killed: the one that stands by takes over.
        worker.kill('SIGKILL')
        await next.prints(/the end/)
        next.kill(signal)
        await next.ended
        assert.deepEqual(await seen(), expected)
      },
    )
  }
})
