import type { Config, HookConfigs, IndexConfigs, JobConfigs } from '../config/config.ts'
import { checkOptions, made } from '../config/check-options.ts'
import type { PawlEvent } from '../events.ts'
import type { HookInput } from '../hooks/hook.ts'
import { openTestRoot } from './open-test-root.ts'
import type { TestDatabase } from './test-database.ts'

/** What a hook is run on. */
export interface RunHookOptions {
  /** What `testDatabase()` gave: its rows can be looked at afterwards. Left out: one of its own, dropped at the end. */
  readonly database?: TestDatabase
}

/**
 * Runs one hook of a config as it is run in production – arguments checked, in its transaction, against a real database – but
 * without the indexes and jobs. A database that is new gets its tables by the config's `on_reindex` first. Resolves when the
 * hook has ended, and what it queued durably.
 *
 * @returns what was emitted since the hook was fired
 * @throws what the firing throws: CallbackTypeError, CallbackError with the hook's own error as the cause
 *
 * @example
 * await runHook(config, 'calculate_stats', { major: true, depth: 10 }, { database })
 * assert.equal((await database.sql`select from stats`).count, 1)
 */
export async function runHook<
  Indexes extends IndexConfigs,
  Hooks extends HookConfigs,
  Jobs extends JobConfigs<Hooks>,
  Name extends keyof Hooks & string,
>(
  config: Config<Indexes, Hooks, Jobs>,
  name: Name,
  args: HookInput<Hooks[Name]['args']>,
  options: RunHookOptions = {},
): Promise<readonly PawlEvent[]> {
  checkOptions('runHook', options, { database: made('testDatabase()', 'drop') })
  const { indexes: _, jobs: __, ...rest } = config
  const run = await openTestRoot(rest, options)
  try {
    const from = run.events.length
    await run.fire(name, args)
    await run.queueAtRest()
    return run.events.slice(from)
  } finally {
    await run.close()
  }
}
