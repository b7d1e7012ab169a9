import { indexMachine, type IndexWork } from '../../machines/index.machine.ts'
import {
  indexerMachine,
  type IndexerCommand,
  type Prepared,
  type SystemHookWork,
} from '../../machines/indexer.machine.ts'
import type { Work } from '../../machines/slot.ts'
import { causesOf } from '../causes-of.ts'
import { RollbackError, RollbackMisuseError } from '../errors.ts'
import type { Follower } from '../indexing/follower.ts'
import { work, type WorkSignals } from '../work.ts'
import { whileMade } from './making-lock.ts'
import { mayPass } from './may-pass.ts'
import { actionOf, findModifications, judge, rememberUnknown } from './modifications.ts'
import type { Runtime } from './runtime.ts'
import { shareIndexes } from './share-indexes.ts'
import { tellUnconfirmed } from './tell-unconfirmed.ts'

/** The indexer's chart with its slots filled. */
export const indexerLogic = indexerMachine.provide({
  actors: {
    index: indexMachine.provide({
      actors: {
        prepare: work((input, { signal }) => followerOf(input).prepare(signal)),
        advance: work(({ onProgress, ...input }, { drain, signal }) =>
          followerOf(input).advance({ drain, signal, onProgress }),
        ),
        waitForHead: work((input, signals) => followerOf(input).waitForHead(signals)),
      },
      guards: {
        mayPass: (_, { error }) => mayPass(error),
        mayPassWhileStopping: ({ context }, { error }) => context.stopping && mayPass(error),
      },
      actions: { noteSyncing: (_, input) => followerOf(input).leaveHead() },
    }),
    prepare: work(({ runtime }, signals) => prepare(runtime as Runtime, signals)),
    reindex: work(({ runtime, ...order }, signals) => (runtime as Runtime).reindexer.reindex(order, signals)),
    fireSystemHook: work(({ runtime, ...firing }) => fireSystemHook(runtime as Runtime, firing)),
    fail: work(({ error }) => Promise.reject(error)),
  },
  guards: {
    mustReindex: ({ context }, { error }) => mustReindex(context.runtime as Runtime, error),
    triesAgain: ({ context }, { error }) => context.ending === undefined && mayPass(error),
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
  for (const follower of runtime.indexes.followers) follower.leaveHead()
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

async function fireSystemHook(
  runtime: Runtime,
  { hook, args, failures }: Omit<SystemHookWork, 'runtime'>,
): Promise<void> {
  const { database, hooks, track, leases, fleet } = runtime
  if (hook === 'on_synchronized' && leases.areSpread) {
    // Each of the processes would fire it; and one that heard late of a wipe would, on what is made then.
    return whileMade(database, async () => {
      // What it has claimed and failed to do is still its own.
      if (await fleet.claimSynchronized({ again: failures > 0 })) await hooks.fireSystem(hook, args)
    })
  }
  await hooks.fireSystem(hook, args)
  if (hook !== 'on_restart') return
  // The hook may have made tables; each must be in the journal before a level writes it.
  await track()
  // And it may have added indexes.
  await tellUnconfirmed(runtime)
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
