import { randomUUID } from 'node:crypto'
import { CallbackTypeError } from '../errors.ts'
import type { HookRunnerOptions, QueueRequestFromOutside } from './hook-runner-options.ts'
import { keyProblem } from './key-problem.ts'
import { queueFiring } from './queue-firing.ts'

/** Queues durable firings that no callback makes, and tells that it has before anything else is told of them. */
export class OutsideQueue {
  readonly #options: HookRunnerOptions
  /** By id: whoever runs the queue may hear of a commit before who sent it has its answer. */
  readonly #queueing = new Map<string, Promise<void>>()

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
    const { database, emit } = this.#options
    const { hook, origin } = request
    const problem = keyProblem(id)
    if (problem !== undefined)
      throw new CallbackTypeError(`hook "${hook}" cannot be queued: its "id" ${problem}`)
    const isNew = await queueFiring(database.sql, { ...request, args, id, level: undefined }, this.#options)
    emit({ type: 'hook.queued', firing: id, hook, origin, duplicate: !isNew })
  }
}
