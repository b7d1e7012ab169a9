import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createFolder, runCli, startCli, type CliProcess } from '../cli/cli-process.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { recordTransfers } from './record-transfers.ts'

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** ms. Each test takes two or three seconds by itself; the machine may be busy. */
export const LIMIT = { timeout: 300_000 }

/**
 * An example as it stands, in processes as its README starts it, but on a database and a recording of the test's own. What a later
 * process is to see is recorded before it starts.
 */
export async function openExample(t: TestContext, name: string, env: NodeJS.ProcessEnv = {}) {
  const { url } = await createTestDatabase(t)
  const file = join(createFolder(t, {}), 'chain.ndjson')
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  t.after(() => sql.end())
  const recording = recordTransfers(30)
  const config = ['--config', join('examples', name, 'pawl.config.ts')]
  const environment = { DATABASE_URL: url, RECORDING: file, RPC_URL: undefined, ...env }
  return {
    url,
    sql,
    chain: recording.chain,
    extend: recording.extend,
    reorg: recording.reorg,
    /** `pawl run`, with all that is recorded so far. */
    start(more: NodeJS.ProcessEnv = {}): CliProcess {
      appendFileSync(file, recording.lines())
      return startCli(t, ROOT, ['run', '--json', ...config], { ...environment, ...more })
    },
    /** Another command of `pawl`, to its end. */
    pawl: (...args: readonly string[]) => runCli(t, ROOT, [...args, ...config], environment),
    /** It has the recording's last block, and is synchronized. */
    async atHead(cli: CliProcess): Promise<void> {
      await cli.prints(
        new RegExp(`"index.progress".*"hash":"${recording.chain.head.hash}".*"synchronized":true`),
      )
    },
  }
}

export async function kill(cli: CliProcess): Promise<void> {
  cli.kill('SIGKILL')
  await cli.ended
}

/** Ctrl-C, after which it ends well. Returns what it has printed. */
export async function stop(cli: CliProcess): Promise<readonly Record<string, unknown>[]> {
  cli.kill('SIGINT')
  const { code, out, err } = await cli.ended
  if (code !== 130) throw new Error(`ended with ${code}: ${err}`)
  return out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
