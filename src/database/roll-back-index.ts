import type { Database, Transaction } from './database.ts'
import { quoteName } from './journal-ddl.ts'
import { revertLevels } from './revert-levels.ts'
import { unknownIndex } from './unknown-index.ts'
import { RollbackError } from '../errors.ts'
import type { RevertedTable } from '../events.ts'

export interface RollbackRequest {
  readonly index: string
  /** The last level that stays. */
  readonly toLevel: number
  /** Of the lease that is held; undefined: only tried, and rolled back again. */
  readonly fence: bigint | undefined
}

export interface RollbackOutcome {
  readonly index: string
  readonly fromLevel: number
  /** Where it stands then: at the level that was asked for, or at the last one below that it was at; null: at none. */
  readonly toLevel: number | null
  readonly tables: readonly RevertedTable[]
  /** Hooks whose firing waited for a level that is gone. */
  readonly droppedFirings: number
}

/** ms. Less than PostgreSQL waits before it looks for deadlocks: it is never a running level that fails by what is only tried. */
const LOCK_TIMEOUT = 800

const TRIED = new Error('only tried')

/**
 * Rolls an index back, or tries it. No hook runs.
 * @throws UnknownIndexError, RollbackError, LeaseLostError; nothing is changed then
 */
export async function rollBackIndex(database: Database, request: RollbackRequest): Promise<RollbackOutcome> {
  let outcome: RollbackOutcome | undefined
  try {
    await database.transaction(async (transaction) => {
      outcome = await rollBack(transaction, database.ownSchema, request)
      if (request.fence === undefined) throw TRIED
    })
  } catch (error) {
    if (error !== TRIED) throw explainWait(error, request.index)
  }
  if (outcome === undefined) throw new Error('a transaction that did not throw has an outcome')
  return outcome
}

function explainWait(error: unknown, index: string): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === '55P03')) return error
  return new RollbackError(`what a rollback of index "${index}" would undo is being written just now`, {
    cause: error,
    hint: 'Try it again, or when nothing else is at work on these tables.',
  })
}

async function rollBack(
  transaction: Transaction,
  ownSchema: string,
  { index, toLevel, fence }: RollbackRequest,
): Promise<RollbackOutcome> {
  const { sql } = transaction
  const own = sql.unsafe(quoteName(ownSchema))
  const [found] = await sql<{ id: number; level: string | null }[]>`
    select id, level::text from ${own}.index where name = ${index} for update`
  if (found === undefined) throw unknownIndex(index, await namesOf(transaction, quoteName(ownSchema)))
  if (found.level === null)
    throw new RollbackError(`index "${index}" is at no level yet: there is nothing to roll back`)
  const fromLevel = Number(found.level)
  if (fromLevel <= toLevel) {
    throw new RollbackError(
      `index "${index}" is at level ${fromLevel} and cannot be rolled back to ${toLevel}: a rollback goes to a lower level`,
    )
  }
  if (fence === undefined) await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT)}, true)`
  let droppedFirings = 0
  const tables = await revertLevels(transaction, {
    ownSchema,
    indexId: found.id,
    toLevel,
    fence,
    onDropped: (firings) => (droppedFirings = firings.length),
  })
  const [now] = await sql<
    { level: string | null }[]
  >`select level::text from ${own}.index where id = ${found.id}`
  const level = now?.level ?? null
  return { index, fromLevel, toLevel: level === null ? null : Number(level), tables, droppedFirings }
}

async function namesOf({ sql }: Transaction, own: string): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`select name from ${sql.unsafe(own)}.index order by name`
  return rows.map(({ name }) => name)
}
