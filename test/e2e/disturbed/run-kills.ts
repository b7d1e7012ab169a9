import { setTimeout as delayed } from 'node:timers/promises'
import postgres from 'postgres'
import type { Random } from '../../database/soak/random.ts'
import type { Scope } from '../../support/scope.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { runToTheEnd, startIndexer } from './indexer-process.ts'
import type { Stage } from './stage.ts'
import { PHASES, waitForPhase, type Phase } from './watch-server.ts'

export type KillCounts = Record<Phase | 'elsewhere', number>

export const noKills = (): KillCounts => ({
  migrating: 0,
  wiping: 0,
  handling: 0,
  committing: 0,
  reverting: 0,
  pruning: 0,
  elsewhere: 0,
})

/** ms. A phase that does not come by then will not: the chain is at its end, say. */
const PATIENCE = 6_000
/** ms. A process that starts comes there for sure. */
const FOR_A_START = 60_000

/**
 * Kills the indexer of a new database so many times, each time at a random moment of a random phase; then lets it come to its
 * end, and checks the database.
 */
export async function runKills(
  scope: Scope,
  stage: Stage,
  random: Random,
  kills: number,
): Promise<KillCounts> {
  const counts = noKills()
  const { url } = await createTestDatabase(scope)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const other = postgres(url, { max: 1, onnotice: () => {} })
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      // Only a new database is migrated.
      const phase = kill < 2 ? 'migrating' : random.pick(PHASES.slice(1))
      const wipes = phase === 'wiping' || (kill >= 2 && (await stage.isAtEnd(sql)))
      const seen = await killIn(phase, wipes)
      counts[seen ? phase : 'elsewhere'] += 1
    }
    await runToTheEnd(() => startIndexer(url, stage.folder), url, stage.isAtEnd)
    await stage.check(url)
    return counts
  } finally {
    await sql.end()
    await other.end()
  }

  async function killIn(phase: Phase, wipes: boolean): Promise<boolean> {
    const indexer = startIndexer(url, stage.folder, wipes ? 'wipe' : 'go on')
    const kill = async (): Promise<boolean> => {
      const seen = await waitForPhase(sql, phase, phase === 'migrating' ? FOR_A_START : PATIENCE)
      const later = random.below(8)
      if (later > 3) await delayed(later - 3)
      indexer.kill('SIGKILL')
      const end = await indexer.ended
      if (end !== 'killed') throw new Error(`the indexer ended by itself: ${end}`)
      return seen
    }
    return phase === 'pruning' && !wipes ? await whilePruningWaits(other, kill) : await kill()
  }
}

/** Pruning takes a few milliseconds every eighty levels. It is held up at the first ref of a block that it deletes. */
function whilePruningWaits<T>(sql: postgres.Sql, work: () => Promise<T>): Promise<T> {
  return sql.begin(async (transaction) => {
    // Killed while it migrated, it may have come to nothing.
    const [found] = await transaction`select to_regclass('pawl.block') is not null as there`
    if (found?.['there'] === true) {
      await transaction`
        select from pawl.block b where level = (select min(level) from pawl.block where index_id = b.index_id) for update`
    }
    return work()
  }) as Promise<T>
}
