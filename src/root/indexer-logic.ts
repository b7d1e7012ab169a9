import { indexMachine, type IndexWork } from '../../machines/index.machine.ts'
import { indexerMachine, type IndexerCommand, type Prepared } from '../../machines/indexer.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { wipeSchema } from '../database/wipe-schema.ts'
import type { Follower } from '../indexing/follower.ts'
import { work, type WorkSignals } from '../work.ts'
import { mayPass } from './may-pass.ts'
import { isReindexed, rememberReindexed } from './reindexed.ts'
import type { Runtime } from './runtime.ts'

/** The indexer's chart with its slots filled. */
export const indexerLogic = indexerMachine.provide({
  actors: {
    index: indexMachine.provide({
      actors: {
        prepare: work((input, { signal }) => followerOf(input).prepare(signal)),
        advance: work((input, signals) => followerOf(input).advance(signals)),
        waitForHead: work((input, signals) => followerOf(input).waitForHead(signals)),
      },
      guards: { mayPass: (_, { error }) => mayPass(error) },
    }),
    prepare: work(({ runtime }, signals) => prepare(runtime as Runtime, signals)),
    reindex: work(({ runtime, reason }) => reindex(runtime as Runtime, reason)),
    fireSystemHook: work(async ({ runtime, hook, args }) => {
      const { hooks, track } = runtime as Runtime
      await hooks.fireSystem(hook, args)
      // The hook may have made tables; each must be in the journal before a level writes it.
      if (hook === 'on_restart') await track()
    }),
    fail: work(({ error }) => Promise.reject(error)),
  },
}) as unknown as Work<{ readonly runtime: unknown }, void, IndexerCommand>

/**
 * Contacts every datasource and looks whether the database was made. The very first contact must succeed: an address
 * that never worked is more likely wrong than down. Later only what cannot pass ends the start.
 */
async function prepare(runtime: Runtime, { signal }: WorkSignals): Promise<Prepared> {
  const known = await isReindexed(runtime.database)
  const contacts = await Promise.allSettled(
    [...runtime.followers.values()].map((follower) => follower.prepare(signal)),
  )
  for (const contact of contacts) {
    if (contact.status === 'rejected' && !(known && mayPass(contact.reason))) throw contact.reason
  }
  return { indexes: [...runtime.followers.keys()], reindex: known ? undefined : 'first_start' }
}

/**
 * `on_reindex` runs in one transaction with the note that it ran: a crash in between leaves nothing half made, and fires
 * it again.
 */
async function reindex(runtime: Runtime, reason: 'first_start' | 'manual'): Promise<void> {
  const { database, config, hooks, root, followers } = runtime
  const { schema, ownSchema } = database
  root.emit({ type: 'reindex', reason })
  if (reason === 'manual') {
    await database.transaction((transaction) =>
      wipeSchema(transaction, { schema, ownSchema, immuneTables: config.immuneTables ?? [] }),
    )
    await Promise.all([...followers.values()].map((follower) => follower.reload()))
  }
  await database.transaction(async (transaction) => {
    await hooks.fireSystem('on_reindex', [], { transaction })
    await rememberReindexed(transaction, ownSchema, reason)
  })
}

function followerOf({ runtime, index }: IndexWork): Follower {
  const follower = (runtime as Runtime).followers.get(index)
  if (follower === undefined) throw new Error(`there is no index "${index}"`)
  return follower
}
