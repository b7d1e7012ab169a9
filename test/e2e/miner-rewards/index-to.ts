import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'
import postgres from 'postgres'
import { CHAIN_DATA, expectedRewards } from './rewards-config.ts'

/** The last level that is recorded. */
export const HEAD = 8_191
const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))
/** For tests that need the recording: why there is none. */
export const noChainData = existsSync(CHAIN_DATA) ? false : `no chain data in ${CHAIN_DATA}`

/** Runs the indexer until it tells of `level`; then it is killed, or asked to stop. */
export async function indexTo(
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

export async function assertRewards(t: TestContext, url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  t.after(() => sql.end())
  const rows = await sql<{ miner: string; wei: string }[]>`select miner, wei from reward where wei <> 0`
  assert.deepEqual(Object.fromEntries(rows.map(({ miner, wei }) => [miner, wei])), sorted(expectedRewards()))
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted())
}
