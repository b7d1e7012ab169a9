import type { TestContext } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { IndexConfig } from '../../src/config/config.ts'
import type { Database, Transaction } from '../../src/database/database.ts'
import { trackTables } from '../../src/database/journal.ts'
import { pruneJournal } from '../../src/database/prune-journal.ts'
import { tendJournal } from '../../src/database/tend-journal.ts'
import { revertLevels } from '../../src/database/revert-levels.ts'
import type { BlockRef, Datasource } from '../../src/datasources/datasource.ts'
import type { AdvanceOutcome } from '../../src/indexing/catch-up.ts'
import { Follower } from '../../src/indexing/follower.ts'
import { createLevelGate, type LevelGate } from '../../src/indexing/level-gate.ts'
import { ReadAhead } from '../../src/indexing/read-ahead.ts'
import type { Progress } from '../../src/indexing/progress-throttle.ts'
import { silentLogger, type Logger } from '../../src/logger.ts'
import { openTestDatabase } from '../support/test-database.ts'

export interface ProcessOptions extends Partial<Omit<IndexConfig, 'handler' | 'datasource'>> {
  readonly name?: string
  /** Another way to the same database. */
  readonly by?: Database
  readonly fence?: bigint
  readonly clock?: Clock
  readonly logger?: Logger
  readonly gate?: LevelGate
  /** Runs after the level's row was written. */
  readonly handler?: (block: BlockRef, transaction: Transaction, signal: AbortSignal) => Promise<void> | void
  readonly prune?: (finalized: number) => Promise<void>
  readonly timeout?: number
  readonly pollInterval?: number
}

/** One follower, as one process has it, and what it told. */
export interface FollowingProcess {
  readonly follower: Follower
  readonly progress: Progress[]
  /** How often the tables were tracked. */
  readonly tracked: () => number
  /** Prepares and advances once. */
  start(): Promise<AdvanceOutcome>
  advance(): Promise<AdvanceOutcome>
  /** Advances to the head, reverting every reorg on the way. @returns the reorgs */
  follow(): Promise<readonly { readonly fromLevel: number; readonly toLevel: number }[]>
}

export interface IndexingFixture {
  readonly database: Database
  /** A new process over the same database. */
  process(datasource: Datasource, options?: ProcessOptions): FollowingProcess
  /** What an index's handler wrote and was committed, as `level:hash` in order. */
  rows(index?: string): Promise<readonly string[]>
  /** Levels that can be undone. */
  journalled(): Promise<readonly number[]>
  refs(): Promise<readonly number[]>
}

/** A database with a table `seen`, that the handlers of all followers write each block to. */
export async function openIndexing(t: TestContext): Promise<IndexingFixture> {
  const database = await openTestDatabase(t)
  const { sql } = database
  await sql`create table seen (index text, level bigint, hash text not null, primary key (index, level))`
  const levels = async (table: 'version' | 'block') =>
    (await sql<{ level: bigint }[]>`select level from pawl.${sql(table)} order by 1`).map(({ level }) =>
      Number(level),
    )
  return {
    database,
    process: (datasource, options = {}) => openProcess(options.by ?? database, datasource, options),
    rows: async (index = 'transfers') => {
      const rows = await sql<{ level: bigint; hash: string }[]>`
        select level, hash from seen where index = ${index} order by level`
      return rows.map(ref)
    },
    journalled: () => levels('version'),
    refs: () => levels('block'),
  }
}

/** How blocks are compared with rows. */
export function ref({ level, hash }: { readonly level: number | bigint; readonly hash: string }): string {
  return `${level}:${hash}`
}

export function neverAborted(): { drain: AbortSignal; signal: AbortSignal } {
  return { drain: new AbortController().signal, signal: new AbortController().signal }
}

function openProcess(database: Database, datasource: Datasource, options: ProcessOptions): FollowingProcess {
  const progress: Progress[] = []
  let tracked = 0
  const { schema, ownSchema } = database
  const { handler, prune, name = 'transfers', clock = systemClock, logger = silentLogger } = options
  const follower = new Follower({
    name,
    config: { ...options, datasource, handler: () => {} } as IndexConfig,
    database,
    fence: options.fence,
    clock,
    logger,
    gate: options.gate ?? createLevelGate(),
    ahead: new ReadAhead(),
    runHandler: async (transaction, blocks, signal) => {
      for (const block of blocks) {
        await transaction.sql`insert into seen ${transaction.sql({ index: name, level: block.level, hash: block.hash })}`
        await handler?.(block, transaction, signal)
      }
    },
    track: async () => {
      tracked += 1
      await database.transaction((transaction) =>
        trackTables(transaction, { schema, ownSchema, immuneTables: [] }),
      )
    },
    prune: ({ indexId, finalized }) =>
      prune?.(finalized) ?? pruneJournal(database.sql, { ownSchema, indexId, finalized }),
    tend: () => tendJournal(database.sql, ownSchema),
    onProgress: (report) => progress.push(report),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.pollInterval === undefined ? {} : { pollInterval: options.pollInterval }),
  })
  const advance = () => follower.advance(neverAborted())
  return {
    follower,
    progress,
    tracked: () => tracked,
    advance,
    start: async () => {
      await follower.prepare(neverAborted().signal)
      return advance()
    },
    follow: async () => {
      const reorgs: { fromLevel: number; toLevel: number }[] = []
      for (;;) {
        const outcome = await advance()
        if (outcome.type !== 'reorg') return reorgs
        const { fromLevel, toLevel } = outcome
        reorgs.push({ fromLevel, toLevel })
        await database.transaction((transaction) =>
          revertLevels(transaction, { ownSchema, indexId: follower.id, toLevel, fence: options.fence }),
        )
        await follower.reload()
      }
    },
  }
}
