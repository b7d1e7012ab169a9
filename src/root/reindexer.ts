import type { ReindexWork } from '../../machines/indexer.machine.ts'
import { checkFence } from '../database/check-fence.ts'
import { quoteName } from '../database/journal-ddl.ts'
import { checkNewTables } from '../database/refuse-unjournallable.ts'
import { wipeSchema } from '../database/wipe-schema.ts'
import type { WorkSignals } from '../work.ts'
import { expelOthers } from './expel-others.ts'
import { schemaFingerprint } from './fingerprint.ts'
import { lockMaking } from './making-lock.ts'
import { actionOf, reindexRequired, rememberUnknown } from './modifications.ts'
import type { Runtime } from './runtime.ts'

type ReindexOrder = Omit<ReindexWork, 'runtime'>

type ReindexerTools = Pick<
  Runtime,
  'config' | 'database' | 'directory' | 'hooks' | 'indexes' | 'leases' | 'lifecycle' | 'logger' | 'root'
>

/** Makes the database, or wipes it and makes it again. */
export class Reindexer {
  readonly #tools: ReindexerTools
  /** A wipe was begun and not seen to end: a COMMIT whose answer was lost may have been. The next try finds out. */
  #isBegun = false
  #isTold = false

  constructor(tools: ReindexerTools) {
    this.#tools = tools
  }

  /**
   * The wipe, `on_reindex` and the note that it ran are one transaction. A crash in between leaves all as it was, and the next
   * start does it; and hooks and jobs that run meanwhile see the old tables or the new ones, and never none. It is fenced as a
   * level is: what another process indexed since it took the lease over is not ours to drop. May be called again after an error: what is
   * done by then stays so, and is told once.
   * @throws ReindexRequiredError where the policy says so; LeaseLostError; what `on_reindex` throws
   */
  async reindex(order: ReindexOrder, { drain }: WorkSignals): Promise<void> {
    const { config, indexes, lifecycle, directory, logger } = this.#tools
    const { reason, failures } = order
    const action = actionOf(config, reason)
    const asked = [{ reason, what: ['a reindex was asked for'] }]
    if (action === 'exception') throw reindexRequired(asked)
    if (action === 'ignore') return logger.warn(`a reindex was asked for, and is ignored (${reason})`)
    if (failures === 0) this.#isBegun = this.#isTold = false
    const wipes = reason !== 'first_start'
    const isDone = this.#isBegun && (await lifecycle.required()) === undefined
    if (!isDone) {
      if (wipes) {
        await lifecycle.require(reason)
        this.#isBegun = true
      }
      // It may have been told to stop while the database did not answer: for a lost lease, say.
      if (drain.aborted) return
      await this.#make(order)
    }
    if (wipes) await Promise.all(indexes.followers.map((follower) => follower.reload()))
    await rememberUnknown({ store: lifecycle, config, directory, indexes: indexes.configs })
  }

  async #make({ reason, redeliver }: ReindexOrder): Promise<void> {
    const { database, config, hooks, root, leases, lifecycle, directory, logger } = this.#tools
    const { schema, ownSchema } = database
    const { immuneTables = [] } = config
    const wipes = reason !== 'first_start'
    await database.transaction(async (transaction) => {
      // One process after the other, so that none holds what the other expels while it waits for that one; and of those that
      // start at once on a new database one makes it.
      await lockMaking(transaction, {
        ownSchema,
        onWaiting: () =>
          logger.info('another process runs on_reindex or on_synchronized: waiting until it is over'),
      })
      const isMade = await lifecycle.isMade(transaction)
      const own = quoteName(ownSchema)
      for (const fence of leases.fences) await checkFence(transaction.sql, own, fence, 'reindex')
      if (!wipes && isMade) return
      if (!this.#isTold) root.emit({ type: 'reindex', reason })
      this.#isTold = true
      if (wipes) {
        await expelOthers(transaction, { ownSchema, but: leases })
        await wipeSchema(transaction, { schema, ownSchema, immuneTables, redeliver })
        await lifecycle.forgetReindexed(transaction)
        // on_reindex makes other tables by the same names.
        await database.learnTypes()
      }
      await hooks.fireSystem('on_reindex', [], { transaction })
      await checkNewTables(transaction, { schema, immuneTables })
      await lifecycle.rememberReindexed(transaction, reason, await schemaFingerprint(config, directory))
    })
  }
}
