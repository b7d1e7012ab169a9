import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openDatabase } from '../../../src/database/open-database.ts'
import { silentLogger } from '../../../src/logger.ts'
import { simulateChain } from '../../../src/testing/index.ts'
import { createFolder, linkDependencies, startCli, type CliProcess } from '../../cli/cli-process.ts'

// Each level tells who wrote it, and takes a while, so that a process can be ended in the middle.
const CONFIG = `import { setTimeout } from 'node:timers/promises'
import { defineConfig } from 'pawl'
import { simulateChain } from 'pawl/testing'
const { DATABASE_URL, LENGTH, HOLD_AT } = process.env
const chain = simulateChain({ seed: 7, length: Number(LENGTH), finality: 20 })
export default defineConfig({
  ...(DATABASE_URL === undefined ? {} : { database: DATABASE_URL }),
  indexes: {
    levels: {
      datasource: chain.datasource(),
      async handler(ctx, { level, hash }) {
        await ctx.sql\`insert into seen (level, hash, pid) values (\${level}, \${hash}, \${process.pid})\`
        await ctx.sql\`update total set levels = levels + 1, sum = sum + \${level}::int\`
        await setTimeout(3)
        if (level === 10) ctx.logger.info('under way')
        if (level !== Number(HOLD_AT)) return
        ctx.logger.info('holding')
        await new Promise(() => {})
      },
    },
  },
  async on_reindex(ctx) {
    await ctx.sql\`create table seen (id int generated always as identity primary key, level int, hash text, pid int)\`
    await ctx.sql\`create table total (id int primary key, levels int, sum int)\`
    await ctx.sql\`insert into total values (1, 0, 0)\`
  },
})
`

const FINAL_LENGTH = 120

interface Stored {
  readonly rows: readonly { readonly level: number; readonly hash: string }[]
  readonly total: { readonly levels: number; readonly sum: number }
  /** Who wrote, in the order of levels, each run of levels named once. */
  readonly writers: readonly number[]
}

interface Started {
  /** Blocks of the chain that this process sees. */
  readonly length?: number
  /** The level in whose handler it stays for ever. */
  readonly holdAt?: number
  /** Another way to the same database. */
  readonly by?: string
}

/** A project on a server's database, or with one of its own where there is no URL. */
export function createProject(t: TestContext, url?: string) {
  const folder = createFolder(t, { 'pawl.config.mjs': CONFIG })
  // Root's server runs as another user, who has to get to it: else the data would be elsewhere, and stay.
  chmodSync(folder, 0o755)
  linkDependencies(folder)
  t.after(() => assert.deepEqual(serversIn(folder), [], 'a PostgreSQL was left behind'))
  return {
    folder,
    start({ length = FINAL_LENGTH, holdAt = -1, by = url }: Started = {}): CliProcess {
      return startCli(t, folder, ['run'], {
        DATABASE_URL: by,
        LENGTH: String(length),
        HOLD_AT: String(holdAt),
      })
    },
    stored: () => readStored(folder, url),
  }
}

export type Project = ReturnType<typeof createProject>

async function readStored(folder: string, url: string | undefined): Promise<Stored> {
  const directory = join(folder, '.pawl')
  const database = await openDatabase({
    ...(url === undefined ? {} : { url }),
    directory,
    schema: 'public',
    logger: silentLogger,
  })
  try {
    const seen = await database.sql<{ level: number; hash: string; pid: number }[]>`
      select level, hash, pid from seen order by level`
    const [total] = await database.sql<{ levels: number; sum: number }[]>`select levels, sum from total`
    const pids = seen.map(({ pid }) => pid)
    return {
      rows: seen.map(({ level, hash }) => ({ level, hash })),
      total: { levels: total?.levels ?? 0, sum: total?.sum ?? 0 },
      writers: pids.filter((pid, index) => pid !== pids[index - 1]),
    }
  } finally {
    await database.close()
  }
}

/** What a run that nobody disturbs ends with. */
export function undisturbed(length = FINAL_LENGTH): Pick<Stored, 'rows' | 'total'> {
  const rows = simulateChain({ seed: 7, length, finality: 20 })
    .canonical()
    .map(({ level, hash }) => ({ level, hash }))
  return { rows, total: { levels: length, sum: rows.reduce((sum, { level }) => sum + level, 0) } }
}

/** The processes of PostgreSQL, and of what guards them, whose command line names the folder. */
export function serversIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(folder))
    .map(Number)
}

export function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

/** These processes wrote all levels, in this order, and nobody can tell that one was ended. */
export async function assertUndisturbed(project: Project, writers: readonly number[]): Promise<void> {
  const { writers: found, ...stored } = await project.stored()
  assert.deepEqual(stored, undisturbed())
  assert.deepEqual(found, writers)
}

/** Ctrl-C, after which it ends well. */
export async function interrupt(cli: CliProcess): Promise<void> {
  cli.kill('SIGINT')
  const { code, err } = await cli.ended
  assert.deepEqual([code, err], [130, ''])
}

export async function runToTheEnd(project: Project, started?: Started): Promise<void> {
  const cli = project.start(started)
  await cli.prints(SYNCHRONIZED, PATIENCE)
  await interrupt(cli)
}

export const SYNCHRONIZED = /● synchronized/

/** ms. Several processes and databases start at a time, on a machine that may be busy with other suites. */
export const PATIENCE = 120_000
