import type { TestContext } from 'node:test'
import { createActor, waitFor, type AnyActorRef } from 'xstate'
import type { SchedulerCommand } from '../../machines/scheduler.machine.ts'
import type { JobConfigs } from '../../src/config/config.ts'
import type { Database } from '../../src/database/database.ts'
import type { PawlEvent } from '../../src/events.ts'
import { createJobStore } from '../../src/jobs/database-job-store.ts'
import type { JobControl } from '../../src/jobs/job-control.ts'
import { JobDesk } from '../../src/jobs/job-desk.ts'
import type { JobStore } from '../../src/jobs/job-store.ts'
import type { JobDefaults } from '../../src/jobs/job.ts'
import type { ConfigurationIssue } from '../../src/errors.ts'
import { schedulerLogic, type JobFireRequest } from '../../src/jobs/scheduler.ts'
import type { LightSignal } from '../../src/light-signal.ts'
import { silentLogger, type Logger } from '../../src/logger.ts'
import { TestClock } from '../../src/testing/test-clock.ts'

export type Fire = (request: JobFireRequest, signal: LightSignal) => Promise<void> | void

export interface RunningScheduler {
  readonly clock: TestClock
  readonly events: readonly PawlEvent[]
  send(command: SchedulerCommand): void
  /** Resolves when the jobs run. */
  running(): Promise<void>
  /** Drains, and resolves when it is done. */
  drain(): Promise<void>
  /** Ends it as a crash does: nothing is waited for; others notice at once that it is gone. */
  kill(): Promise<void>
  readonly jobs: JobControl
  readonly actor: AnyActorRef
  /** What `onError: 'stop'` ended the root with. */
  readonly fatal: readonly unknown[]
  /** `fired 10:00 for 2`, `missed 09:00,09:30`, … of one job, since this was last asked. */
  told(job: string): string[]
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A scheduler over a real database whose clock stands still until it is advanced. */
export function startScheduler(
  t: TestContext,
  options: {
    readonly database: Database | JobStore
    readonly jobs: JobConfigs
    readonly at: string | number
    readonly fire?: Fire
    readonly postponeJobs?: boolean
    readonly defaults?: JobDefaults
    /** For months of virtual time: does not wait for I/O where the store was not called. */
    readonly quick?: boolean
    /** Default: any job that is added at run time is fine. */
    readonly check?: (name: string, job: unknown) => readonly ConfigurationIssue[]
    readonly onEvent?: (event: PawlEvent) => void
    readonly logger?: Logger
    /** ms that firings are kept; a day where it is left out. */
    readonly retention?: number
    readonly mayPass?: (error: unknown) => boolean
  },
): RunningScheduler {
  const { database, jobs, at, fire = () => {}, postponeJobs = false } = options
  const store = watched('takeOver' in database ? database : createJobStore(database))
  // Quiet is when the store was not called any more, and nothing that it was called for is under way.
  let settledAt = -1
  const settle = async (): Promise<void> => {
    // Most wake-ups of a long sleep find nothing due: then there is nothing to wait for, but what promises do by themselves.
    if (options.quick === true) {
      for (let tick = 0; tick < 4 && settledAt === store.calls; tick++) await Promise.resolve()
      if (settledAt === store.calls && store.pending.size === 0) return
    }
    for (let before = -1; before !== store.calls;) {
      before = store.calls
      await Promise.allSettled(store.pending)
      await store.settled()
      await turn()
      await turn()
    }
    settledAt = store.calls
  }
  const clock = new TestClock({ start: typeof at === 'number' ? at : Date.parse(`${at}Z`), settle })
  const check = options.check ?? (() => [])
  const desk = new JobDesk({ store, clock, timezone: 'UTC', check })
  const fatal: unknown[] = []
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
      logger: options.logger ?? silentLogger,
      defaults: options.defaults ?? {},
      retention: options.retention ?? 86_400_000,
      check,
      desk,
      ...(options.mayPass === undefined ? {} : { mayPass: options.mayPass }),
      fatal: (error) => void fatal.push(error),
    }),
    { input: { runtime: undefined } },
  ).start()
  const kill = async (): Promise<void> => {
    actor.stop()
    await store.leave().catch(() => {})
  }
  t.after(kill)
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
    kill,
    jobs: desk,
    actor,
    fatal,
    told: (job) =>
      told.splice(0).flatMap((event) => ('job' in event && event.job === job ? [tell(event)] : [])),
  }
}

interface WatchedStore extends JobStore {
  readonly calls: number
  readonly pending: ReadonlySet<Promise<unknown>>
}

/** The same store, which says what goes on in it. */
function watched(store: JobStore): WatchedStore {
  const pending = new Set<Promise<unknown>>()
  let calls = 0
  return new Proxy(store, {
    get(target, key) {
      if (key === 'calls') return calls
      if (key === 'pending') return pending
      const method = target[key as keyof JobStore] as (...args: unknown[]) => Promise<unknown>
      if (key === 'settled' || key === 'leave') return method.bind(target)
      return (...args: unknown[]) => {
        calls++
        const result = method.apply(target, args)
        pending.add(result)
        const over = (): void => void pending.delete(result)
        result.then(over, over)
        return result
      }
    },
  }) as WatchedStore
}

const short = (time: Date | undefined): string => time?.toISOString().slice(11, 16) ?? 'now'

function tell(event: PawlEvent): string {
  switch (event.type) {
    case 'job.fired':
      return `fired ${short(event.fireTime)} for ${event.fireTimes}`
    case 'job.missed':
      return `missed ${event.fireTimes.map(short).join()}${event.reason === 'down' ? ' (down)' : ''}`
    case 'job.skipped':
      return `skipped ${short(event.fireTime)}${event.reason === 'maxInstances' ? '' : ` (${event.reason})`}`
    case 'job.retried':
      return `retried ${short(event.fireTime)} as ${event.attempt} in ${event.delay}`
    case 'job.refused':
      return `refused ${event.command}`
    case 'job.failed':
      return `failed: ${event.error instanceof Error ? event.error.message : String(event.error)}, again in ${String(event.restartIn)}`
    default:
      return event.type
  }
}
