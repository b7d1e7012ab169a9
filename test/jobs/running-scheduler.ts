import type { TestContext } from 'node:test'
import { createActor, waitFor } from 'xstate'
import type { SchedulerCommand } from '../../machines/scheduler.machine.ts'
import type { JobConfigs } from '../../src/config/config.ts'
import type { Database } from '../../src/database/database.ts'
import type { PawlEvent } from '../../src/events.ts'
import { createJobStore, type JobStore } from '../../src/jobs/job-store.ts'
import { schedulerLogic, type JobFireRequest } from '../../src/jobs/scheduler.ts'
import { silentLogger } from '../../src/logger.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

export type Fire = (request: JobFireRequest, signal: AbortSignal) => Promise<void> | void

export interface RunningScheduler {
  readonly clock: TestClock
  readonly events: readonly PawlEvent[]
  send(command: SchedulerCommand): void
  /** Resolves when the jobs run. */
  running(): Promise<void>
  /** Drains, and resolves when it is done. */
  drain(): Promise<void>
  /** Ends it as a crash does: nothing is waited for, nothing more is stored. */
  kill(): void
  /** `fired 10:00 for 2`, `missed 09:00,09:30`, … of one job, since this was last asked. */
  told(job: string): string[]
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A scheduler over a real database whose clock stands still until it is advanced. */
export function startScheduler(
  t: TestContext,
  options: {
    readonly database: Database
    readonly jobs: JobConfigs
    readonly at: string | number
    readonly fire?: Fire
    readonly postponeJobs?: boolean
    readonly onEvent?: (event: PawlEvent) => void
  },
): RunningScheduler {
  const { database, jobs, at, fire = () => {}, postponeJobs = false } = options
  const stored = createJobStore(database)
  let saves = 0
  const store: JobStore = {
    load: (known, now) => stored.load(known, now),
    save: (state) => {
      saves++
      return stored.save(state)
    },
    settled: () => stored.settled(),
  }
  // Every step of a job ends in a save: quiet is when none came any more.
  const settle = async (): Promise<void> => {
    for (let before = -1; before !== saves;) {
      before = saves
      await store.settled()
      await turn()
      await turn()
    }
  }
  const clock = new TestClock({ start: typeof at === 'number' ? at : Date.parse(`${at}Z`), settle })
  const events: PawlEvent[] = []
  const told: PawlEvent[] = []
  const actor = createActor(
    schedulerLogic({
      jobs,
      clock,
      timezone: 'UTC',
      postponeJobs,
      store,
      fire: async (request, signal) => fire(request, signal),
      emit: (event) => {
        events.push(event)
        told.push(event)
        options.onEvent?.(event)
      },
      logger: silentLogger,
    }),
    { input: { runtime: undefined } },
  ).start()
  t.after(() => actor.stop())
  return {
    clock,
    events,
    send: (command) => actor.send(command),
    running: async () => {
      await waitFor(actor, (snapshot) => (snapshot as unknown as { value: string }).value === 'running')
    },
    drain: async () => {
      actor.send({ type: 'DRAIN' })
      await waitFor(actor, ({ status }) => status === 'done')
    },
    kill: () => actor.stop(),
    told: (job) =>
      told.splice(0).flatMap((event) => ('job' in event && event.job === job ? [tell(event)] : [])),
  }
}

const short = (time: Date | undefined): string => time?.toISOString().slice(11, 16) ?? 'now'

function tell(event: PawlEvent): string {
  switch (event.type) {
    case 'job.fired':
      return `fired ${short(event.fireTime)} for ${event.fireTimes}`
    case 'job.missed':
      return `missed ${event.fireTimes.map(short).join()}`
    case 'job.skipped':
      return `skipped ${short(event.fireTime)}`
    case 'job.failed':
      return `failed: ${event.error instanceof Error ? event.error.message : String(event.error)}, again in ${String(event.restartIn)}`
    default:
      return event.type
  }
}
