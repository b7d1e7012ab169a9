import { indexMachine, type IndexWork } from '../../machines/index.machine.ts'
import { indexerMachine, type IndexerCommand, type Prepared } from '../../machines/indexer.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { checkFence } from '../database/check-fence.ts'
import { quoteName } from '../database/journal-ddl.ts'
import { checkNewTables } from '../database/refuse-unjournallable.ts'
import { wipeSchema } from '../database/wipe-schema.ts'
import { causesOf } from '../causes-of.ts'
import { RollbackError, RollbackMisuseError } from '../errors.ts'
import type { ReindexReason } from '../events.ts'
import type { Follower } from '../indexing/follower.ts'
import { work, type WorkSignals } from '../work.ts'
import { mayPass } from './may-pass.ts'
import { expelOthers } from './expel-others.ts'
import { schemaFingerprint } from './fingerprint.ts'
import { actionOf, findModifications, judge, reindexRequired, rememberUnknown } from './modifications.ts'
import type { Runtime } from './runtime.ts'
import { shareIndexes } from './share-indexes.ts'
import { tellUnconfirmed } from './tell-unconfirmed.ts'

/** The indexer's chart with its slots filled. */
export const indexerLogic = indexerMachine.provide({
  actors: {
    index: indexMachine.provide({
      actors: {
        prepare: work((input, { signal }) => followerOf(input).prepare(signal)),
        advance: work((input, signals) => followerOf(input).advance(signals)),
        waitForHead: work((input, signals) => followerOf(input).waitForHead(signals)),
      },
      guards: {
        mayPass: (_, { error }) => mayPass(error),
        mayPassWhileStopping: ({ context }, { error }) => context.stopping && mayPass(error),
      },
    }),
    prepare: work(({ runtime }, signals) => prepare(runtime as Runtime, signals)),
    reindex: work(({ runtime, reason, redeliver }, signals) =>
      reindex(runtime as Runtime, { reason, redeliver }, signals),
    ),
    fireSystemHook: work(async ({ runtime, hook, args }) => {
      const opened = runtime as Runtime
      const { hooks, track, leases, fleet } = opened
      // Else each of the processes would fire it.
      if (hook === 'on_synchronized' && leases.areSpread && !(await fleet.claimSynchronized())) return
      await hooks.fireSystem(hook, args)
      if (hook !== 'on_restart') return
      // The hook may have made tables; each must be in the journal before a level writes it.
      await track()
      // And it may have added indexes.
      await tellUnconfirmed(opened)
    }),
    fail: work(({ error }) => Promise.reject(error)),
  },
  guards: {
    mustReindex: ({ context }, { error }) => mustReindex(context.runtime as Runtime, error),
    mayPass: (_, { error }) => mayPass(error),
    mayPassWhileEnding: ({ context }, { error }) => context.ending !== undefined && mayPass(error),
  },
  actions: {
    tellFleet: (_, { runtime, index, synchronized }) => {
      void (runtime as Runtime).fleet.note(index, synchronized)
    },
    forgetIndex: (_, { runtime, index }) => {
      const opened = runtime as Runtime
      opened.indexes.forget(index)
      opened.root.emit({ type: 'index.removed', index })
      void tellUnconfirmed(opened, index)
    },
  },
}) as unknown as Work<
  { readonly runtime: unknown; readonly indexes: readonly string[] },
  void,
  IndexerCommand
>

/**
 * Contacts every datasource and looks whether the database was made. The very first contact must succeed: an address
 * that never worked is more likely wrong than down. Later only what cannot pass ends the start.
 */
async function prepare(runtime: Runtime, { signal }: WorkSignals): Promise<Prepared> {
  shareIndexes(runtime)
  const known = await runtime.lifecycle.isReindexed()
  const contacts = await Promise.allSettled(
    runtime.indexes.followers.map((follower) => follower.prepare(signal)),
  )
  for (const contact of contacts) {
    if (contact.status === 'rejected' && !(known && mayPass(contact.reason))) throw contact.reason
  }
  if (!known) return { reindex: 'first_start' }
  const { lifecycle: store, config, directory, logger, indexes } = runtime
  const search = { store, config, directory, indexes: indexes.configs }
  const reason = judge(await findModifications(search), config, logger)
  if (reason === undefined) await rememberUnknown(search)
  return { reindex: reason }
}

/**
 * The wipe, `on_reindex` and the note that it ran are one transaction. A crash in between leaves all as it was, and the next
 * start does it; and hooks and jobs that run meanwhile see the old tables or the new ones, and never none. It is fenced as a
 * level is: what another process indexed since it took the lease over is not ours to drop.
 */
async function reindex(
  runtime: Runtime,
  { reason, redeliver }: { readonly reason: ReindexReason; readonly redeliver: boolean },
  { drain }: WorkSignals,
): Promise<void> {
  const { database, config, hooks, root, indexes, leases, lifecycle, directory, logger } = runtime
  const { schema, ownSchema } = database
  const { immuneTables = [] } = config
  const action = actionOf(config, reason)
  const asked = [{ reason, what: ['a reindex was asked for'] }]
  if (action === 'exception') throw reindexRequired(asked)
  if (action === 'ignore') return logger.warn(`a reindex was asked for, and is ignored (${reason})`)
  const wipes = reason !== 'first_start'
  if (wipes) await lifecycle.require(reason)
  // It may have been told to stop while the database did not answer: for a lost lease, say.
  if (drain.aborted) return
  await database.transaction(async (transaction) => {
    // One process after the other, so that none holds what the other expels while it waits for that one.
    const isFirst = await lifecycle.isFirst(transaction)
    const own = quoteName(ownSchema)
    for (const fence of leases.fences) await checkFence(transaction.sql, own, fence, 'reindex')
    if (!wipes && !isFirst) return
    root.emit({ type: 'reindex', reason })
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
  if (wipes) await Promise.all(indexes.followers.map((follower) => follower.reload()))
  await rememberUnknown({ store: lifecycle, config, directory, indexes: indexes.configs })
}

/** Does the policy wipe what cannot be rolled back? */
function mustReindex({ config }: Runtime, error: unknown): boolean {
  if (actionOf(config, 'rollback') !== 'wipe') return false
  return causesOf(error).some((one) => one instanceof RollbackError && !(one instanceof RollbackMisuseError))
}

function followerOf({ runtime, index }: IndexWork): Follower {
  const follower = (runtime as Runtime).indexes.follower(index)
  if (follower === undefined) throw new Error(`there is no index "${index}"`)
  return follower
}
