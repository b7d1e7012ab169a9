import { systemClock, type Clock } from '../clock.ts'
import type { IndexConfig } from '../config/config.ts'
import type { BlockRef } from '../datasources/datasource.ts'
import { trackTables } from '../database/journal.ts'
import { DatabaseClock } from '../database/database-clock.ts'
import type { Membership } from '../database/membership.ts'
import type { Beat } from '../database/process-row.ts'
import { pruneJournal } from '../database/prune-journal.ts'
import { tendJournal } from '../database/tend-journal.ts'
import { RoleError } from '../errors.ts'
import { FiringClaims } from '../hooks/firing-claims.ts'
import type { DurableQueue } from '../hooks/durable-queue.ts'
import type { OpenExecutor } from '../hooks/executor.ts'
import { ExecutorQueue } from '../hooks/executor-queue.ts'
import { FiringQueue, type FiringQueueOptions } from '../hooks/firing-queue.ts'
import { FiringStore } from '../hooks/firing-store.ts'
import { HookRunner } from '../hooks/hook-runner.ts'
import type { HandlerContext } from '../hooks/context.ts'
import { Follower } from '../indexing/follower.ts'
import { createLevelGate } from '../indexing/level-gate.ts'
import { ReadAhead } from '../indexing/read-ahead.ts'
import { checkJobAlone } from '../config/check-jobs.ts'
import { createJobStore } from '../jobs/database-job-store.ts'
import { JobDesk } from '../jobs/job-desk.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import { abandon } from './abandon.ts'
import { LifecycleStore } from './lifecycle-store.ts'
import { actionOf, findModifications, judge, rememberUnknown } from './modifications.ts'
import { onlyThese, sourcesOf } from './followed-indexes.ts'
import type { IndexLeases } from './index-leases.ts'
import { IndexRegistry } from './index-registry.ts'
import { Reindexer } from './reindexer.ts'
import { rollBack } from './roll-back.ts'
import { type Role } from '../roles.ts'
import { trackFiring } from './track-firing.ts'
import type { Runtime } from './runtime.ts'

/** Of all schemas in all databases of a server; the number is arbitrary. */
const TRACKING = 7_238_005

/** What the policy says to a reorg that is deeper than what can be undone. */
async function goOn(
  runtime: Runtime,
  index: string,
  { fromLevel, block }: { readonly fromLevel: number; readonly block: BlockRef },
): Promise<boolean> {
  const follower = runtime.indexes.follower(index)
  if (follower === undefined || actionOf(runtime.config, 'rollback') !== 'ignore') return false
  const toLevel = follower.status.level ?? fromLevel
  await abandon(runtime, {
    index,
    indexId: follower.id,
    fromLevel,
    toLevel,
    cursor: block,
    because: undefined,
  })
  return true
}

function callHandler(
  index: IndexConfig,
  ctx: HandlerContext,
  blocks: readonly BlockRef[],
): Promise<void> | void {
  if (index.batch === true) return index.handler(ctx, blocks)
  // One at a time where the index is not one of batches.
  return index.handler(ctx, blocks[0]!)
}

function refusalOf(roles: ReadonlySet<Role>, leases: IndexLeases): RoleError | undefined {
  if (!roles.has('indexer'))
    return new RoleError('this process follows no indexes: its roles do not include "indexer"', {
      hint: 'Add and remove indexes in the process that indexes, or in the config.',
    })
  if (leases.areSpread)
    return new RoleError('the indexes are spread over several processes', {
      hint: 'Add and remove indexes in the config that all of them have.',
    })
  return undefined
}

/** What is open before the parts are made. */
type Opened = Pick<
  Runtime,
  'config' | 'root' | 'roles' | 'logger' | 'directory' | 'database' | 'fleet' | 'leases' | 'outside'
> & { readonly membership: Membership; readonly executor: OpenExecutor | undefined }

/** Makes the parts of a root on what was opened, and what each needs of the others. Opens nothing. */
export function assembleRuntime(opened: Opened): Runtime {
  const { config, root, roles, logger, directory, database, membership, fleet, leases, outside, executor } =
    opened
  const clock = config.clock ?? databaseClock(membership, logger)
  const { schema, ownSchema } = database
  const immuneTables = config.immuneTables ?? []
  const gate = createLevelGate()
  const ahead = new ReadAhead()
  const closing = new AbortController()
  const track = async (): Promise<void> => {
    await database.transaction(async (transaction) => {
      // Several processes may index.
      await transaction.sql`select pg_advisory_xact_lock(${TRACKING}, hashtext(${ownSchema}))`
      await trackTables(transaction, { schema, ownSchema, immuneTables })
    })
    await database.learnTypes()
  }

  const statuses = (): Readonly<Record<string, IndexStatus>> =>
    !roles.has('indexer')
      ? fleet.indexes
      : leases.areSpread
        ? { ...fleet.indexes, ...indexes.statuses }
        : indexes.statuses
  const lifecycle = new LifecycleStore(database)
  const jobStore = createJobStore(database, membership)
  const jobs = new JobDesk({
    store: jobStore,
    clock,
    timezone: config.timezone ?? 'UTC',
    check: (name, job) => checkJobAlone(config, name, job),
  })
  const store = new FiringStore(database, executor)
  const claims = new FiringClaims(database, membership.id)
  const hooks = new HookRunner({
    database,
    store,
    claims,
    hooks: config.hooks ?? {},
    directory,
    systemHooks: config,
    logger,
    clock,
    datasources: () =>
      leases.areSpread ? { ...sourcesOf(config), ...indexes.datasources } : indexes.datasources,
    jobs,
    lifecycle: {
      reindex: (options) => root.ask({ ...options, type: 'REINDEX' }),
      restart: () => root.ask({ type: 'RESTART' }),
      addIndex: (name, index) => indexes.add(name, index as IndexConfig, closing.signal),
      removeIndex: (name) => indexes.remove(name),
    },
    indexes: statuses,
    exclusive: (work, signal) => gate.exclusive(work, signal),
    rollback: (index, fromLevel, toLevel) => rollBack(runtime, { index, fromLevel, toLevel }),
    emit: (event) => root.emit(event),
    track: (firing, work) => trackFiring(runtime, firing, work),
  })
  const queueOptions: FiringQueueOptions = {
    database,
    membership,
    claims,
    hooks: config.hooks ?? {},
    clock,
    logger,
    emit: (event) => root.emit(event),
    run: (firing, ended) => hooks.fireQueued(firing, ended),
  }
  const queue: DurableQueue =
    executor === undefined ? new FiringQueue(queueOptions) : new ExecutorQueue({ ...queueOptions, executor })
  const createFollower = (name: string, index: IndexConfig): Follower =>
    new Follower({
      name,
      config: index,
      database,
      fence: leases.fence(name),
      clock,
      logger: logger.child({ index: name }),
      gate,
      ahead,
      runHandler: (transaction, blocks, signal) =>
        hooks.runHandler({
          index: name,
          handler: (ctx) => callHandler(index, ctx, blocks),
          transaction,
          blocks,
          signal,
        }),
      track,
      prune: ({ indexId, finalized }) => pruneJournal(database.sql, { ownSchema, indexId, finalized }),
      tend: () => tendJournal(database.sql, ownSchema),
      onDeepReorg: (reorg) => goOn(runtime, name, reorg),
      onProgress: (progress) => {
        root.emit({ type: 'index.progress', index: name, ...progress })
        queue.look()
      },
      onConfirmed: () => queue.look(),
    })
  const indexes = new IndexRegistry(
    {
      database,
      createFollower,
      refusal: () => refusalOf(roles, leases),
      isStarting: () => root.state() === 'restart',
      check: async (added) => {
        const search = { store: lifecycle, config, directory, indexes: added }
        judge(await findModifications(search), config, logger)
        await rememberUnknown(search)
      },
      onAdded: (index) => {
        root.emit({ type: 'index.added', index })
        root.ask({ type: 'INDEX_ADDED', index })
      },
      onRemoved: (index) => root.ask({ type: 'INDEX_REMOVED', index }),
    },
    leases.areSpread ? onlyThese(config.indexes ?? {}, leases.indexes) : (config.indexes ?? {}),
  )
  const runtime: Runtime = {
    config,
    root,
    clock,
    logger,
    database,
    roles,
    fleet,
    statuses,
    leases,
    gate,
    indexes,
    hooks,
    queue,
    firingStore: store,
    lifecycle,
    reindexer: new Reindexer({
      config,
      database,
      directory,
      hooks,
      indexes,
      leases,
      lifecycle,
      logger,
      root,
    }),
    directory,
    jobStore,
    jobs,
    closing,
    outside,
    firings: undefined,
    track,
  }
  if (roles.has('indexer')) fleet.takeAsks((ask) => root.ask(ask))
  return runtime
}

/** Put right by each heartbeat. */
function databaseClock(membership: Membership, logger: Logger): Clock {
  const clock = new DatabaseClock(systemClock)
  const adjust = (beat: Beat): void => {
    const change = clock.adjust(beat)
    if (change !== 0)
      logger.warn("this machine's clock differs from the database's, which counts", { ms: change })
  }
  if (membership.last !== undefined) adjust(membership.last)
  membership.listen(adjust)
  return clock
}
