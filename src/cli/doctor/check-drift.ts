import type { Config } from '../../config/config.ts'
import type { Database } from '../../database/database.ts'
import { formatCount } from '../../text/format-number.ts'
import type { Finding } from './finding.ts'

/** What differs between what is stored and the config, and what a start makes of it. */
export async function* checkDrift(config: Config, database: Database): AsyncGenerator<Finding> {
  const [{ LifecycleStore }, { actionOf, findModifications }, { listProcesses }] = await Promise.all([
    import('../../root/lifecycle-store.ts'),
    import('../../root/modifications.ts'),
    import('../../database/list-processes.ts'),
  ])
  const store = new LifecycleStore(database)
  const directory = config.directory ?? process.cwd()
  const found = await findModifications({ store, config, directory, indexes: config.indexes ?? {} })
  for (const modification of found) {
    const action = actionOf(config, modification.reason)
    yield {
      check: 'drift',
      state: action === 'exception' ? 'bad' : 'warning',
      message: `${modification.reason}: ${modification.what.join('; ')}`,
      advice: {
        exception:
          'A start would stop here: `pawl schema approve` takes the database as it is, `pawl schema wipe` indexes again.',
        wipe: 'A start would wipe and index again: the config says so.',
        ignore: 'A start would go on: the config says so.',
      }[action],
    }
  }
  if (found.length === 0) yield { check: 'drift', state: 'good', message: 'what is indexed fits the config' }
  const processes = await listProcesses(database)
  const holder = processes.find(({ state, roles }) => roles.includes('indexer') && state === 'at work')
  const rows = await database.sql<{ name: string; level: number | null }[]>`
    select name, level::float8 from ${database.sql(database.ownSchema)}.index order by name`
  const from = rows.map(({ name, level }) =>
    level === null ? name : `${name} after level ${formatCount(level)}`,
  )
  yield {
    check: 'start',
    state: 'good',
    message:
      holder !== undefined
        ? `${holder.name} works on this schema: another start would stand by`
        : (await store.isReindexed())
          ? `would go on${from.length === 0 ? '' : ` with ${from.join(', ')}`}`
          : 'would run on_reindex and index from the first level',
  }
}
