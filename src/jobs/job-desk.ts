import type { Clock } from '../clock.ts'
import type { JobConfig } from '../config/config.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { isStorable } from '../text/is-storable.ts'
import { checkJobCall, type JobCall } from './check-job-call.ts'
import { checkReschedule } from './check-reschedule.ts'
import { checkStorable } from './check-storable.ts'
import type { JobCommand } from './job-command.ts'
import type { JobControl, JobStatus } from './job-control.ts'
import type { JobChange, JobStore } from './job-store.ts'
import type { JobTrigger } from './job.ts'
import { parseTrigger } from './parse-trigger.ts'
import { unknownJob } from './unknown-job.ts'

export interface JobDeskOptions {
  readonly store: JobStore
  readonly clock: Clock
  /** Of crontabs that name none. */
  readonly timezone: string
  /** What is wrong with a job, seen beside the rest of the config. */
  readonly check: (name: string, job: unknown) => readonly ConfigurationIssue[]
}

/** What carries out at once what the rows say. */
export interface RunningJobs {
  refresh(names: readonly string[]): Promise<void>
  look(): Promise<void>
}

/** Takes changes of jobs: first the row, then those that run here. Works without a scheduler, too: the next one reads the rows. */
export class JobDesk implements JobControl {
  readonly #options: JobDeskOptions
  #running: RunningJobs | undefined
  /** Of each job the change that was asked for last. */
  readonly #last = new Map<string, Promise<void>>()

  constructor(options: JobDeskOptions) {
    this.#options = options
  }

  /** From here on changes are carried out at once. */
  attach(running: RunningJobs): void {
    this.#running = running
  }

  add(name: string, job: JobConfig, options: { readonly temporary?: boolean } = {}): Promise<void> {
    return this.#inOrder('add', { name, options }, async () => {
      const found = this.#options.check(name, job)
      const issues = found.length > 0 ? found : checkStorable(`jobs.${name}`, job)
      if (issues.length > 0) throw new ConfigurationError(issues)
      const schedule = this.#describe(name, job)
      const { temporary = false } = options
      const change: JobChange = { type: 'add', hook: job.hook, schedule, definition: job, temporary }
      if (!(await this.#change(name, change))) {
        throw new ConfigurationError([
          {
            path: `jobs.${name}`,
            message: 'is a job of the config already: change it there, or choose another name',
          },
        ])
      }
    })
  }

  remove(name: string): Promise<void> {
    return this.#inOrder('remove', { name }, () => this.#changeKnown(name, { type: 'remove' }))
  }

  reschedule(name: string, trigger: JobTrigger): Promise<void> {
    return this.#inOrder('reschedule', { name }, async () => {
      const { store, timezone } = this.#options
      const issues = checkReschedule(name, trigger, { timezone })
      if (issues.length > 0) throw new ConfigurationError(issues)
      const [state] = isStorable(name) ? await store.read([name]) : []
      if (state !== undefined && (state.schedule === 'daemon') !== (trigger.daemon === true)) {
        throw new ConfigurationError([
          {
            path: `jobs.${name}`,
            message: 'a daemon has no schedule, and a schedule makes no daemon: remove it and add another',
          },
        ])
      }
      await this.#changeKnown(name, { type: 'reschedule', schedule: this.#describe(name, trigger), trigger })
    })
  }

  pause(name: string): Promise<void> {
    return this.#inOrder('pause', { name }, () => this.#changeKnown(name, { type: 'pause' }))
  }

  resume(name: string): Promise<void> {
    return this.#inOrder('resume', { name }, () => this.#changeKnown(name, { type: 'resume' }))
  }

  run(name: string): Promise<void> {
    return this.#inOrder('run', { name }, () => this.#changeKnown(name, { type: 'run' }))
  }

  list(): Promise<readonly JobStatus[]> {
    return this.#options.store.read()
  }

  obey(command: JobCommand): Promise<void> {
    const { type, job } = command
    switch (type) {
      case 'ADD_JOB':
        return this.add(job, command.config, { temporary: command.temporary ?? false })
      case 'REMOVE_JOB':
        return this.remove(job)
      case 'RESCHEDULE_JOB':
        return this.reschedule(job, command.trigger)
      case 'PAUSE_JOB':
        return this.pause(job)
      case 'RESUME_JOB':
        return this.resume(job)
      case 'RUN_JOB':
        return this.run(job)
    }
  }

  /** After what was asked for of this job before: two connections could exchange them. */
  async #inOrder(
    call: JobCall,
    given: { readonly name: string; readonly options?: unknown },
    change: () => Promise<void>,
  ): Promise<void> {
    const issues = checkJobCall(call, given)
    if (issues.length > 0) throw new ConfigurationError(issues)
    const { name } = given
    const before = this.#last.get(name)
    const done = before === undefined ? change() : before.then(change, change)
    this.#last.set(name, done)
    try {
      await done
    } finally {
      if (this.#last.get(name) === done) this.#last.delete(name)
    }
  }

  async #changeKnown(name: string, change: JobChange): Promise<void> {
    // PostgreSQL would refuse the name, and no job has it.
    if (isStorable(name) && (await this.#change(name, change))) return
    throw unknownJob(
      name,
      (await this.#options.store.read()).map((job) => job.name),
    )
  }

  async #change(name: string, change: JobChange): Promise<boolean> {
    const { store, clock } = this.#options
    const carryOut = async (): Promise<void> =>
      change.type === 'run' ? this.#running?.look() : this.#running?.refresh([name])
    try {
      if (!(await store.change(name, change, new Date(clock.now())))) return false
    } catch (error) {
      // Its answer may be all that was lost: what the row says holds here, too.
      void carryOut()
      throw error
    }
    await carryOut()
    return true
  }

  #describe(name: string, trigger: JobTrigger): string {
    return parseTrigger(trigger, { timezone: this.#options.timezone, job: name }).describe()
  }
}
