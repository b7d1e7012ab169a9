import type { Config } from '../../config/config.ts'
import type { Database } from '../../database/database.ts'
import { checkChains } from './check-chains.ts'
import { checkDrift } from './check-drift.ts'
import { checkLeftovers } from './check-leftovers.ts'
import type { Finding } from './finding.ts'

/** What a start would do. */
export async function* checkStart(
  config: Config,
  database: Database,
  chains: ReadonlyMap<string, string>,
): AsyncGenerator<Finding> {
  const [{ MIGRATIONS }, { findLayout }] = await Promise.all([
    import('../../database/migrate.ts'),
    import('../../database/find-layout.ts'),
  ])
  const newest = MIGRATIONS.at(-1)?.id ?? 0
  const { step: done = 0 } = await findLayout(database, database)
  if (done === 0)
    return void (yield {
      check: 'start',
      state: 'good',
      message: 'first start: would make its tables, and index from the first level',
    })
  if (done > newest)
    return void (yield {
      check: 'start',
      state: 'bad',
      message: 'the database is of a newer Pawl',
      advice: 'Update the package pawl to the version that ran here last.',
    })
  if (done < newest)
    return void (yield {
      check: 'start',
      state: 'good',
      message: `would bring Pawl's own tables up to date (${newest - done} steps), then go on`,
    })
  yield* checkChains(database, chains)
  yield* checkDrift(config, database)
  yield* checkLeftovers(database)
}
