import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { createTestDatabase } from '../support/test-database.ts'
import { CHAIN_DATA, expectedRewards } from './miner-rewards/rewards-config.ts'

const HEAD = 8_191
const MAIN = fileURLToPath(new URL('./miner-rewards/main.js', import.meta.url))
const skip = existsSync(CHAIN_DATA) ? false : `no chain data in ${CHAIN_DATA}`

test(
  'miner rewards over real blocks are exact, through their real reorgs and 20 kills',
  { skip },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const kills = Array.from({ length: 20 }, (_, kill) => Math.round(((kill + 0.7) * HEAD) / 20.5))
    const depths: number[] = []
    for (const level of kills) depths.push(...(await indexTo(level, url, { kill: true })).depths)
    depths.push(...(await indexTo(HEAD, url)).depths)
    assert.equal(depths.length >= 1_291, true, `${depths.length} reorgs`)
    await assertRewards(t, url)
  },
)

test('and when blocks are held back, so that reorgs are 2 to 20 deep', { skip }, async (t) => {
  const { url } = await createTestDatabase(t)
  const { depths } = await indexTo(HEAD, url, { holdBack: '2-20' })
  assert.equal(Math.max(...depths), 20)
  await assertRewards(t, url)
})

/** Runs the indexer until it tells of `level`; then it is killed, or asked to stop. */
async function indexTo(
  level: number,
  url: string,
  options: { readonly kill?: boolean; readonly holdBack?: string } = {},
): Promise<{ readonly depths: readonly number[] }> {
  const depths: number[] = []
  const child: ChildProcess = fork(MAIN, [url, ...(options.holdBack === undefined ? [] : [options.holdBack])])
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve()
      else reject(new Error(`the indexer ended with ${code ?? signal} before level ${level}`))
    })
  })
  let told = false
  child.on('message', (message: { level?: number; depth?: number }) => {
    if (message.depth !== undefined) depths.push(message.depth)
    if (message.level === undefined || message.level < level || told) return
    told = true
    if (options.kill) child.kill('SIGKILL')
    else child.send('stop')
  })
  await ended
  return { depths }
}

async function assertRewards(t: TestContext, url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  t.after(() => sql.end())
  const rows = await sql<{ miner: string; wei: string }[]>`select miner, wei from reward where wei <> 0`
  assert.deepEqual(Object.fromEntries(rows.map(({ miner, wei }) => [miner, wei])), sorted(expectedRewards()))
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted())
}
