import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RootLine } from '../../machines/root.machine.ts'
import type { ActorPool } from '../actor-pool.ts'
import { systemClock, type Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { Membership } from '../database/membership.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import { LeaseLostError } from '../errors.ts'
import { ownVersion } from '../own-package.ts'
import { guardLogger } from '../guard-logger.ts'
import type { DurableQueue } from '../hooks/durable-queue.ts'
import type { FiringStore } from '../hooks/firing-store.ts'
import type { HookRunner } from '../hooks/hook-runner.ts'
import { type LevelGate } from '../indexing/level-gate.ts'
import type { JobDesk } from '../jobs/job-desk.ts'
import type { JobStore } from '../jobs/job-store.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import type { WorkSignals } from '../work.ts'
import { listWords } from '../text/did-you-mean.ts'
import type { LifecycleStore } from './lifecycle-store.ts'
import { followedIndexes } from './followed-indexes.ts'
import { IndexLeases } from './index-leases.ts'
import type { IndexRegistry } from './index-registry.ts'
import { openOutsideView, type OutsideView } from './outside-view.ts'
import { contactSources, neverContacted } from './first-contact.ts'
import { Fleet } from './fleet.ts'
import { rolesOf, type Role } from '../roles.ts'
import { assembleRuntime } from './assemble-runtime.ts'
import type { Reindexer } from './reindexer.ts'

/** What the parts of one running root share. Opened before them, closed after them. */
export interface Runtime {
  readonly config: Config
  readonly root: RootLine
  readonly clock: Clock
  readonly logger: Logger
  readonly database: Database
  /** The project's. */
  readonly directory: string
  readonly leases: IndexLeases
  readonly roles: ReadonlySet<Role>
  readonly fleet: Fleet
  /** Where the indexes stand, whoever follows them. */
  readonly statuses: () => Readonly<Record<string, IndexStatus>>
  readonly gate: LevelGate
  readonly indexes: IndexRegistry
  readonly hooks: HookRunner
  /** The durable firings. */
  readonly queue: DurableQueue
  readonly firingStore: FiringStore
  readonly lifecycle: LifecycleStore
  readonly reindexer: Reindexer
  readonly jobStore: JobStore
  /** Changes jobs at run time: `ctx.jobs`, and the root's events. */
  readonly jobs: JobDesk
  readonly outside: OutsideView
  /** Aborted when it closes. */
  readonly closing: AbortController
  /** Where the firings live as actors; there once the hooks part has started. */
  firings: ActorPool | undefined
  /** Brings the journal's triggers, and what `sql` knows of types, up to date with the schema. */
  track(): Promise<void>
}

/**
 * Connects, contacts the datasources that never were, migrates Pawl's own tables, takes the lease. Nothing is made where
 * one of the addresses is wrong.
 * @returns undefined when it was told to stop before it was there.
 */
export async function openRuntime(
  config: Config,
  root: RootLine,
  { drain }: WorkSignals,
): Promise<Runtime | undefined> {
  const logger = guardLogger(config.logger)
  const roles = rolesOf(config)
  const directory = config.directory ?? process.cwd()
  // Who does not index contacts no chain by itself.
  const indexes = roles.has('indexer') ? followedIndexes(config) : {}
  const ownFolder = join(directory, '.pawl')
  const isNew = config.database === undefined && !existsSync(ownFolder)
  let database: Database | undefined
  let outside: OutsideView | undefined
  let fleet: Fleet | undefined
  let leases: IndexLeases | undefined
  let runtime: Runtime | undefined
  // Who is told to stop says goodbye, also here. A migration may take as long as a stop may.
  let patience = config.drainTimeout ?? GOODBYE
  let cutOff: NodeJS.Timeout | undefined
  const cutOffSoon = (): void => {
    cutOff ??= setTimeout(() => void database?.close().catch(() => {}), patience)
  }
  drain.addEventListener('abort', cutOffSoon)
  if (drain.aborted) cutOffSoon()
  try {
    outside = await openOutsideView({ config, directory, logger, root, runtime: () => runtime })
    if (isNew) await contactSources(indexes, config.clock ?? systemClock, drain)
    database = await openDatabase({
      ...(config.database === undefined ? {} : { url: config.database }),
      directory: ownFolder,
      schema: config.schema ?? 'public',
      logger,
    })
    // Else the cut-off may have come while there was nothing to cut.
    drain.throwIfAborted()
    outside.note()
    if (!isNew)
      await contactSources(await neverContacted(database, indexes), config.clock ?? systemClock, drain)
    await migrate(database, { logger })
    patience = GOODBYE
    const membership = new Membership(database, {
      version: ownVersion(),
      roles: [...roles],
      indexes: Object.keys(indexes),
    })
    fleet = new Fleet({ database, membership, logger, indexes: Object.keys(config.indexes ?? {}) })
    await fleet.enter()
    leases = new IndexLeases({
      database,
      holder: membership.holder,
      indexes: config.follow,
      onWaiting: (holder) => root.emit({ type: 'standby', holder }),
      onLost: () => root.fatal(lostLease()),
    })
    if (roles.has('indexer')) await leases.take(drain)
    await fleet.begin(leases.areSpread ? leases.indexes : Object.keys(indexes))
    const executor = await config.executor?.open({ database, hooks: config.hooks ?? {}, logger })
    runtime = assembleRuntime({
      config,
      root,
      roles,
      logger,
      directory,
      database,
      membership,
      fleet,
      leases,
      outside,
      executor,
    })
    return runtime
  } catch (error) {
    cutOffSoon()
    await outside?.close(drain.aborted ? undefined : error)
    await leases?.release().catch(() => {})
    await fleet?.leave().catch(() => {})
    await database?.close()
    if (drain.aborted) return undefined
    throw error
  } finally {
    drain.removeEventListener('abort', cutOffSoon)
    clearTimeout(cutOff)
  }
}

/** ms. What is told the database at the end is to spare others a wait; where the network is cut, nobody answers. */
const GOODBYE = 5_000

/** Releases the lease, ends every session (what still runs is rolled back), stops the embedded server. */
export async function closeRuntime(runtime: Runtime): Promise<void> {
  runtime.closing.abort()
  runtime.leases.stop()
  runtime.queue.stop()
  // Beside the rest: what is the user's may take for ever, and others wait for the lease.
  const sources = runtime.indexes.closeDatasources(GOODBYE)
  // Ends every session, and with it every wait for an answer.
  const cutOff = setTimeout(() => void runtime.database.close().catch(() => {}), GOODBYE)
  // Where the drain was cut short: so that others need not wait for firings of ours that were cut off.
  await runtime.jobStore.leave().catch(() => {})
  await runtime.queue.leave().catch(() => {})
  await runtime.fleet.leave().catch(() => {})
  try {
    await runtime.leases.release()
  } finally {
    clearTimeout(cutOff)
    await runtime.database.close()
    await runtime.outside.close()
    const open = await sources
    if (open.length > 0) {
      runtime.logger.warn(
        `the datasource of ${listWords(open)} did not close within ${GOODBYE / 1_000} s, and is left as it is`,
      )
    }
  }
}

function lostLease(): LeaseLostError {
  return new LeaseLostError(
    'this process may not index any more: another one took the lease over, or the database did not answer for longer than it lasts',
    { hint: 'Nothing is half written. Start it again: it takes the lease, or stands by for whoever has it.' },
  )
}
