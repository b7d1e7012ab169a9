import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { HookConfigs } from '../../src/config/config.ts'
import type { Database } from '../../src/database/database.ts'
import type { PawlEvent } from '../../src/events.ts'
import type { HookRunnerOptions } from '../../src/hooks/hook-runner-options.ts'
import { FiringClaims } from '../../src/hooks/firing-claims.ts'
import { FiringStore } from '../../src/hooks/firing-store.ts'
import { HookRunner } from '../../src/hooks/hook-runner.ts'
import { createLevelGate, type LevelGate } from '../../src/indexing/level-gate.ts'
import type { LifecycleControl } from '../../src/hooks/lifecycle-control.ts'
import type { JobControl } from '../../src/jobs/job-control.ts'
import { LightSignal } from '../../src/light-signal.ts'
import { silentLogger } from '../../src/logger.ts'
import type { HandlerContext } from '../../src/hooks/context.ts'
import { openTestDatabase } from '../support/test-database.ts'

export interface RunnerFixture {
  readonly database: Database
  readonly hooks: HookRunner
  readonly gate: LevelGate
  readonly events: readonly PawlEvent[]
  fire(hook: string, args?: Readonly<Record<string, unknown>>): Promise<void>
  /** As a level does: in the gate, in a transaction of its own. */
  level(handler: (ctx: HandlerContext) => Promise<void> | void): Promise<void>
  /** The rows of `written`, in order. */
  rows(): Promise<readonly number[]>
}

const signal = new LightSignal()

/** The hooks of a root without the root, over a database with a table `written (row int)`. */
export async function openHooks(
  t: TestContext,
  hooks: HookConfigs,
  options: Partial<HookRunnerOptions> = {},
): Promise<RunnerFixture> {
  const database = await openTestDatabase(t)
  await database.sql`create table written (row int primary key)`
  // Durable firings are this process's to run, and no other's.
  const process = randomUUID()
  await database.sql`
    insert into pawl.process (id, name, pid, sessions, version, roles, hooks, indexes, expires_at)
    values (${process}, 'test', 0, '', '', '{}', '{}', '{}', 'infinity')`
  for (const name of Object.keys(hooks))
    await database.sql`insert into pawl.lane (hook, process, slots) values (${name}, ${process}, 1)`
  const gate = createLevelGate()
  const events: PawlEvent[] = []
  const runner = new HookRunner({
    database,
    store: new FiringStore(database),
    claims: new FiringClaims(database, process),
    hooks,
    systemHooks: {},
    directory: '/nowhere',
    logger: silentLogger,
    clock: systemClock,
    datasources: () => ({}),
    indexes: () => ({}),
    // None of these tests touches a job.
    jobs: {} as JobControl,
    lifecycle: {} as LifecycleControl,
    exclusive: (work, aborted) => gate.exclusive(work, aborted),
    rollback: async () => {},
    emit: (event) => void events.push(event),
    track: (_, work) => work(signal),
    ...options,
  })
  const block = { level: 7, hash: '0x7', parentHash: '0x6', timestamp: 7 }
  return {
    database,
    hooks: runner,
    gate,
    events,
    fire: (hook, args = {}) => runner.fire({ hook, args, origin: { type: 'outside' } }),
    level: (handler) =>
      gate.level(() =>
        database.transaction((transaction) =>
          runner.runHandler({
            index: 'transfers',
            handler,
            transaction,
            blocks: [block],
            signal,
          }),
        ),
      ),
    rows: async () =>
      (await database.sql<{ row: number }[]>`select row from written order by 1`).map(({ row }) => row),
  }
}
