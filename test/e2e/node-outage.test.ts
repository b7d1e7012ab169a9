import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { simulateChain } from '../../src/testing/index.ts'
import { config, createFolder, linkDependencies, runCli, startCli } from '../cli/cli-process.ts'
import { startProxyNode } from '../datasources/evm/proxy-node.ts'
import { answersOf } from '../datasources/evm/simulated-node.ts'
import { relayTo } from '../support/relay.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'

const CONFIG = config(`{
  database: process.env.DATABASE_URL,
  indexes: {
    levels: {
      datasource: evm({ url: process.env.RPC_URL, pollInterval: 50, blocks: 'header' }),
      async handler(ctx, { level }) { await ctx.sql\`insert into seen values (\${level})\` },
    },
  },
  async on_reindex(ctx) { await ctx.sql\`create table seen (level int primary key)\` },
}`)

/** A project over a chain of ten blocks, whose node can be taken away. */
async function setUp(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const chain = simulateChain({ seed: 1, length: 10 })
  const answer = answersOf(chain)
  let chainId = '0x5'
  const node = await startProxyNode(t, (call, request) =>
    call.method === 'eth_chainId' ? chainId : answer(call, request),
  )
  const relay = await relayTo(t, node.url)
  const rpcUrl = relay.url.replace(/\/$/, '')
  const folder = createFolder(t, CONFIG)
  linkDependencies(folder)
  const env = { DATABASE_URL: url, RPC_URL: rpcUrl }
  return {
    chain,
    relay,
    rpcUrl,
    start: () => startCli(t, folder, ['run'], env),
    run: () => runCli(t, folder, ['run'], env),
    serveChain: (id: string) => {
      chainId = id
    },
    reaches: async (level: number) => {
      const sql = postgres(url, { max: 1, onnotice: () => {} })
      await until(sql, (by) => by`select from seen where level = ${level}`)
      await sql.end()
    },
    stored: async () => {
      const sql = postgres(url, { max: 1, onnotice: () => {} })
      const levels = await sql`select level from seen order by level`
      const indexes = await sql`select name, chain, level, hash from pawl.index`
      await sql.end()
      return { levels: levels.map(({ level }) => level as number), indexes: [...indexes] }
    },
  }
}

const range = (length: number): number[] => Array.from({ length }, (_, level) => level)

const REFUSED = 'cannot be reached: nothing listens there \\(connection refused\\)'
const retrying = (rpcUrl: string): RegExp =>
  new RegExp(
    `! index levels: attempt 1 failed, next in 500 ms\\n +${rpcUrl} ${REFUSED}\\n +Check that the node runs and that its URL is right\\.\\n`,
  )

test('a node that goes away is waited for, and nothing is lost', { timeout: 300_000 }, async (t) => {
  const { chain, relay, rpcUrl, start, reaches, stored } = await setUp(t)
  const cli = start()
  await cli.prints(/● synchronized/)
  relay.cut()
  chain.extend(5)
  await cli.prints(/! index levels: attempt 2 failed, next in 1\.0 s/)
  await relay.restore()
  await cli.prints(/its datasource answers again after \d failed attempts/)
  await reaches(14)
  cli.kill('SIGINT')
  const { code, out, err } = await cli.ended
  assert.deepEqual([code, err], [130, ''])
  assert.match(out, /index levels: attempt 1 failed, next in 500 ms\n/)
  assert.ok(out.includes(rpcUrl))
  // It was away for less than 15 s.
  assert.equal(out.match(/● synchronized/g)?.length, 1)
  assert.deepEqual((await stored()).levels, range(15))
})

test('a node that is away at a later start is waited for, until Ctrl-C', { timeout: 300_000 }, async (t) => {
  const { chain, relay, rpcUrl, start, stored } = await setUp(t)
  const first = start()
  await first.prints(/● synchronized/)
  first.kill('SIGINT')
  assert.equal((await first.ended).code, 130)

  relay.cut()
  const second = start()
  await second.prints(retrying(rpcUrl))
  second.kill('SIGINT')
  const { code, out, err } = await second.ended
  assert.deepEqual([code, err], [130, ''])
  assert.match(out, /● stopped\n$/)

  const third = start()
  await third.prints(/attempt 1 failed/)
  chain.extend(3)
  await relay.restore()
  await third.prints(/● synchronized/)
  third.kill('SIGTERM')
  assert.equal((await third.ended).code, 143)
  assert.deepEqual((await stored()).levels, range(13))
})

test(
  'another chain than the one indexed before is refused, and nothing is touched',
  { timeout: 300_000 },
  async (t) => {
    const { rpcUrl, start, run, serveChain, stored, chain } = await setUp(t)
    const first = start()
    await first.prints(/● synchronized/)
    first.kill('SIGINT')
    await first.ended
    const before = await stored()
    assert.deepEqual(before.levels, range(10))

    serveChain('0x6')
    chain.extend(5)
    const { code, out, err } = await run()
    assert.deepEqual(
      [code, err.split('\n')],
      [
        2,
        [
          `error: index "levels" was indexed from chain evm:5, but evm ${rpcUrl} serves chain evm:6`,
          'Give the index a datasource of chain evm:5 again, or index chain evm:6 under another name or after a wipe.',
          '',
        ],
      ],
    )
    assert.match(out, /^[^\n]* ● restart\n[^\n]* ● stopping\n[^\n]* ● failed\n$/)
    assert.deepEqual(await stored(), before)
  },
)
