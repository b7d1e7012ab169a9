import { randomUUID } from 'node:crypto'
import { CallbackTypeError, UnknownHookError } from '../errors.ts'
import { Gathering, type Gathered } from './gathering.ts'
import type { HookRunnerOptions, QueueRequestFromOutside } from './hook-runner-options.ts'
import { keyProblem } from './key-problem.ts'
import { queueFiring, type QueueRequest } from './queue-firing.ts'

type Request = QueueRequestFromOutside & { readonly id: string; readonly args: QueueRequest['args'] }

interface Addition extends Gathered {
  readonly request: Request
  readonly told: (isNew: boolean) => void
}

/** Queues durable firings that no callback makes, and tells that it has before anything else is told of them. */
export class OutsideQueue {
  readonly #options: HookRunnerOptions
  /** By id: whoever runs the queue may hear of a commit before who sent it has its answer. */
  readonly #queueing = new Map<string, Promise<void>>()
  /** Of hooks that run one at a time: as each was asked for, whichever connection is the quicker. */
  readonly #lines = new Map<string, Gathering<Addition>>()

  constructor(options: HookRunnerOptions) {
    this.#options = options
  }

  /**
   * Resolves when it is committed, and its event has told of it.
   * @throws UnknownHookError, CallbackTypeError
   */
  async add({ id = randomUUID(), ...request }: QueueRequestFromOutside): Promise<void> {
    const queueing = this.#add({ ...request, id })
    this.#queueing.set(id, queueing)
    try {
      await queueing
    } finally {
      if (this.#queueing.get(id) === queueing) this.#queueing.delete(id)
    }
  }

  /** Resolves when it was told that a firing is on the queue: at once where it was, or another process queued it. */
  async told(id: string): Promise<void> {
    await this.#queueing.get(id)?.catch(() => {})
  }

  async #add({
    id,
    args = {},
    ...request
  }: QueueRequestFromOutside & { readonly id: string }): Promise<void> {
    const { hook, origin } = request
    const problem = keyProblem(id)
    if (problem !== undefined)
      throw new CallbackTypeError(`hook "${hook}" cannot be queued: its "id" ${problem}`)
    const isNew = await this.#queue({ ...request, args, id })
    this.#options.emit({ type: 'hook.queued', firing: id, hook, origin, duplicate: !isNew })
  }

  #queue(request: Request): Promise<boolean> {
    const { hook } = request
    if (this.#options.hooks[hook]?.maxConcurrency !== 1) return this.#queueNow(request)
    let line = this.#lines.get(hook)
    if (line === undefined) {
      line = new Gathering((additions) => this.#queueAll(additions), 1)
      this.#lines.set(hook, line)
    }
    const inLine = line
    return new Promise((told, failed) => inLine.add({ request, told, failed }))
  }

  /** One after the other. @throws what the database does: the others need not find out one by one that it is away */
  async #queueAll(additions: readonly Addition[]): Promise<void> {
    for (const { request, told, failed } of additions) {
      try {
        told(await this.#queueNow(request))
      } catch (error) {
        if (!(error instanceof CallbackTypeError || error instanceof UnknownHookError)) throw error
        failed(error)
      }
    }
  }

  #queueNow(request: Request): Promise<boolean> {
    return queueFiring(this.#options.database.sql, { ...request, level: undefined }, this.#options)
  }
}
