import { join } from 'node:path'
import type { RootLine } from '../../machines/root.machine.ts'
import type { ActorPool } from '../actor-pool.ts'
import { systemClock, type Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { trackTables } from '../database/journal.ts'
import { takeLease, type Lease } from '../database/lease.ts'
import { thisHolder } from '../database/lease-holder.ts'
import { migrate } from '../database/migrate.ts'
import { openDatabase } from '../database/open-database.ts'
import { pruneJournal } from '../database/prune-journal.ts'
import { LeaseLostError } from '../errors.ts'
import { HookRunner } from '../hooks/hook-runner.ts'
import { Follower } from '../indexing/follower.ts'
import { createLevelGate, type LevelGate } from '../indexing/level-gate.ts'
import { createJobStore, type JobStore } from '../jobs/job-store.ts'
import { silentLogger, type Logger } from '../logger.ts'
import type { WorkSignals } from '../work.ts'
import { rollBack } from './roll-back.ts'
import { trackFiring } from './track-firing.ts'

/** Long enough for a garbage collection or a slow commit, short enough that a standby is there within seconds. */
const LEASE_DURATION = 5_000

/** What the parts of one running root share. Opened before them, closed after them. */
export interface Runtime {
  readonly config: Config
  readonly root: RootLine
  readonly clock: Clock
  readonly logger: Logger
  readonly database: Database
  readonly lease: Lease
  readonly gate: LevelGate
  readonly followers: ReadonlyMap<string, Follower>
  readonly hooks: HookRunner
  readonly jobStore: JobStore
  /** Where the firings live as actors; there once the hooks part has started. */
  firings: ActorPool | undefined
  /** Brings the journal's triggers up to date with the tables that there are. */
  track(): Promise<void>
}

/**
 * Connects, migrates Pawl's own tables, takes the lease.
 * @returns undefined when it was told to stop before it was there.
 */
export async function openRuntime(
  config: Config,
  root: RootLine,
  { drain }: WorkSignals,
): Promise<Runtime | undefined> {
  const logger = config.logger ?? silentLogger
  const clock = config.clock ?? systemClock
  const directory = config.directory ?? process.cwd()
  const database = await openDatabase({
    ...(config.database === undefined ? {} : { url: config.database }),
    directory: join(directory, '.pawl'),
    schema: config.schema ?? 'public',
    logger,
  })
  try {
    await migrate(database)
    const lease = await takeLease(database, {
      name: 'indexer',
      holder: thisHolder(),
      duration: LEASE_DURATION,
      onWaiting: (holder) => root.emit({ type: 'standby', holder }),
      onLost: () =>
        root.fatal(new LeaseLostError('another process took the lease of this schema over; this one ends')),
      signal: drain,
    })
    return assemble({ config, root, logger, clock, directory, database, lease })
  } catch (error) {
    await database.close()
    if (drain.aborted) return undefined
    throw error
  }
}

/** Releases the lease, ends every session (what still runs is rolled back), stops the embedded server. */
export async function closeRuntime(runtime: Runtime): Promise<void> {
  await Promise.allSettled(
    Object.values(runtime.config.indexes ?? {}).map(async ({ datasource }) => datasource.close?.()),
  )
  try {
    await runtime.lease.release()
  } finally {
    await runtime.database.close()
  }
}

interface Opened extends Pick<Runtime, 'config' | 'root' | 'logger' | 'clock' | 'database' | 'lease'> {
  readonly directory: string
}

function assemble({ config, root, logger, clock, directory, database, lease }: Opened): Runtime {
  const { schema, ownSchema } = database
  const immuneTables = config.immuneTables ?? []
  const indexes = config.indexes ?? {}
  const gate = createLevelGate()
  const track = (): Promise<void> =>
    database.transaction((transaction) => trackTables(transaction, { schema, ownSchema, immuneTables }))

  const hooks = new HookRunner({
    database,
    hooks: config.hooks ?? {},
    directory,
    systemHooks: config,
    logger,
    clock,
    datasources: Object.fromEntries(
      Object.entries(indexes).map(([name, { datasource }]) => [name, datasource]),
    ),
    indexes: () => Object.fromEntries([...followers].map(([name, { status }]) => [name, status])),
    exclusive: (work, signal) => gate.exclusive(work, signal),
    rollback: (index, fromLevel, toLevel) => rollBack(runtime, { index, fromLevel, toLevel }),
    emit: (event) => root.emit(event),
    track: (firing, work) => trackFiring(runtime, firing, work),
  })
  const followers = new Map(
    Object.entries(indexes).map(([name, index]) => [
      name,
      new Follower({
        name,
        config: index,
        database,
        fence: lease.fence,
        clock,
        logger: logger.child({ index: name }),
        gate,
        runHandler: async (transaction, block, signal) =>
          hooks.runHandler({ index: name, handler: index.handler, transaction, block, signal }),
        track,
        prune: ({ indexId, finalized }) => pruneJournal(database.sql, { ownSchema, indexId, finalized }),
        onProgress: (progress) => root.emit({ type: 'index.progress', index: name, ...progress }),
      }),
    ]),
  )
  const runtime: Runtime = {
    config,
    root,
    clock,
    logger,
    database,
    lease,
    gate,
    followers,
    hooks,
    jobStore: createJobStore(database),
    firings: undefined,
    track,
  }
  return runtime
}
