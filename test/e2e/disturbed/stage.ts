import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import type { Database, Sql } from '../../../src/database/database.ts'
import { openDatabase } from '../../../src/database/open-database.ts'
import { revertLevels } from '../../../src/database/revert-levels.ts'
import { silentLogger } from '../../../src/logger.ts'
import { findDifference, takeSnapshot, type Snapshot } from '../../database/soak/snapshot.ts'
import type { Scope } from '../../support/scope.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { recordChain, type ChainToRecord } from '../durable/record-chain.ts'
import { runToTheEnd, startIndexer } from './indexer-process.ts'
import { IMMUNE_TABLES, INDEXES } from './write-level.ts'

/** Two chains with reorgs, and what indexing them gives where nobody disturbs it. */
export interface Stage {
  /** The recorded chains. */
  readonly folder: string
  /** Arrivals that the indexes take in, one after the other: blocks that stay and those that leave the chain. */
  readonly arrivals: number
  /** Are both indexes at the end of their chains? */
  isAtEnd(sql: postgres.Sql): Promise<boolean>
  /** @throws AssertionError where the database is not what it is without disturbance, now and some levels back. */
  check(url: string): Promise<void>
}

/** Levels. Fewer than are kept, more than the deepest reorg. */
const DEPTH = 15

export async function setStage(scope: Scope, options: Omit<ChainToRecord, 'deepest'>): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-disturbed-'))
  scope.after(() => rmSync(folder, { recursive: true, force: true }))
  const chains = INDEXES.map((index, n) =>
    recordChain(join(folder, `${index}.ndjson`), { ...options, seed: options.seed + n, deepest: 12 }),
  )
  const heads = chains.flatMap(({ canonical }) => canonical.at(-1)?.hash ?? [])
  const isAtEnd = async (sql: postgres.Sql): Promise<boolean> => {
    const found = await sql`select from pawl.index where hash in ${sql(heads)}`.catch(() => [])
    return found.length === heads.length
  }
  const undisturbed = await createTestDatabase(scope)
  await runToTheEnd(() => startIndexer(undisturbed.url, folder), undisturbed.url, isAtEnd)
  const expected = await look(undisturbed.url)
  return {
    folder,
    arrivals: chains.reduce((sum, { canonical, orphans }) => sum + canonical.length + orphans, 0),
    isAtEnd,
    check: async (url) => {
      const found = await look(url)
      assert.deepEqual(found.indexes, expected.indexes)
      for (const [after, before] of [
        [found.now, expected.now],
        [found.back, expected.back],
      ] as const) {
        assert.equal(
          findDifference(before, after, (rel) => !IMMUNE_TABLES.some((name) => rel.endsWith(`.${name}`))),
          undefined,
        )
      }
    },
  }
}

interface Looked {
  /** Where the indexes stand, and the refs of their blocks. */
  readonly indexes: readonly unknown[]
  readonly now: Snapshot
  /** After a rollback of `DEPTH` levels: also the journal is as it would be. */
  readonly back: Snapshot
}

class Undo extends Error {}

async function look(url: string): Promise<Looked> {
  const database = await openDatabase({ url, directory: '', schema: 'public', logger: silentLogger })
  try {
    const now = await takeSnapshot(database.sql)
    const indexes = await database.sql`
      select i.name, i.level, i.hash, b.level as block, b.hash as block_hash from pawl.index i
      join pawl.block b on b.index_id = i.id and b.level > i.level - ${DEPTH} order by i.name, b.level`
    return { indexes: [...indexes], now, back: await lookBack(database) }
  } finally {
    await database.close()
  }
}

async function lookBack(database: Database): Promise<Snapshot> {
  let back: Snapshot = new Map()
  await database
    .transaction(async (transaction) => {
      const indexes = await transaction.sql<
        { id: number; level: bigint }[]
      >`select id, level from pawl.index order by id`
      for (const { id, level } of indexes) {
        await revertLevels(transaction, { ownSchema: 'pawl', indexId: id, toLevel: Number(level) - DEPTH })
      }
      back = await takeSnapshot(transaction.sql as Sql)
      throw new Undo()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error
    })
  return back
}
