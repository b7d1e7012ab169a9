import type { JobConfig } from '../config/config.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { createRecord, withTrigger, type JobRecord } from './job-record.ts'
import type { JobState } from './job-store.ts'
import { parseTrigger } from './parse-trigger.ts'
import type { SchedulerOptions } from './scheduler.ts'
import { LARGEST_WAIT } from './timekeeper.ts'
import { withPauses, type Trigger } from './trigger.ts'

/** Makes records of the config's jobs and the stored ones. */
export class JobReader {
  readonly #options: SchedulerOptions

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** All jobs, of the config and added before. @throws ConfigurationError, and whatever the store throws. */
  async load(): Promise<Map<string, JobRecord>> {
    const { jobs, store, clock, logger } = this.#options
    const triggers = this.#readTriggers()
    const now = new Date(clock.now())
    const known = Object.entries(jobs).map(([name, { hook, paused = false }]) => ({
      name,
      hook,
      schedule: triggers.get(name)?.describe() ?? '',
      paused,
    }))
    let states = [...(await store.load(known, now)).values()]
    // Stored by a clock that ran hours ahead: waiting for it to come true could take years.
    if (states.some(({ accounted }) => accounted.getTime() > now.getTime() + LARGEST_WAIT)) {
      await store.rewind(now)
      states = [...(await store.read())]
    }
    const records = new Map<string, JobRecord>()
    for (const state of states) {
      const config = this.configOf(state)
      if (config === undefined) continue
      try {
        const trigger = state.trigger === undefined ? triggers.get(state.name) : undefined
        records.set(state.name, this.read(config, state, trigger))
      } catch (error) {
        logger.warn('a job that was changed at run time cannot be read any more', { job: state.name, error })
      }
    }
    return records
  }

  read(config: JobConfig, state: JobState, trigger = this.triggerOf(state.name, config)): JobRecord {
    return createRecord(config, trigger, state, this.#options.defaults)
  }

  /** @throws ConfigurationError */
  triggerOf(name: string, config: JobConfig, state?: JobState): Trigger {
    const trigger = parseTrigger(config, { timezone: this.#options.timezone, job: name })
    return state === undefined ? trigger : withPauses(trigger.anchoredAt(state.anchor), state.pauses)
  }

  /** Undefined: added at run time, and it does not fit the config any more. */
  configOf({ name, definition, trigger }: JobState): JobConfig | undefined {
    const { jobs, check, logger } = this.#options
    if (definition === undefined) {
      const config = Object.hasOwn(jobs, name) ? jobs[name] : undefined
      return config === undefined ? undefined : withTrigger(config, trigger)
    }
    const [issue] = check(name, definition)
    if (issue === undefined) return withTrigger(definition, trigger)
    const { path, message } = issue
    logger.warn(`a job that was added at run time does not fit the config: ${path}: ${message}`, {
      job: name,
    })
    return undefined
  }

  /** But for its trigger. */
  isSameJob(record: JobRecord, config: JobConfig): boolean {
    const isDaemon = config.daemon === true
    return record.rules.daemon === isDaemon && untimed(record.config) === untimed(config)
  }

  #readTriggers(): ReadonlyMap<string, Trigger> {
    const issues: ConfigurationIssue[] = []
    const triggers = new Map<string, Trigger>()
    for (const [name, config] of Object.entries(this.#options.jobs)) {
      try {
        triggers.set(name, this.triggerOf(name, config))
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error
        for (const { path, message } of error.issues)
          issues.push({ path: ['jobs', name, path].filter(Boolean).join('.'), message })
      }
    }
    if (issues.length > 0) throw new ConfigurationError(issues)
    return triggers
  }
}

function untimed(config: JobConfig): string {
  const rest = Object.entries(withTrigger(config, { daemon: true })).filter(
    ([, value]) => value !== undefined,
  )
  return JSON.stringify(rest, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}
