import type { Clock } from '../clock.ts'
import type { HookConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import { dueMessages } from './due-messages.ts'
import type { OpenExecutor } from './executor.ts'

export interface MessageSenderOptions {
  readonly database: Database
  readonly executor: OpenExecutor
  readonly hooks: HookConfigs
  readonly clock: Clock
}

/** ms until one may try again that got nothing though something seems to be due: another transaction has it locked. */
const PATIENCE = 1_000

/** Sends messages for hooks that have something to run, and no message on its way: for all that ask meanwhile at once. */
export class MessageSender {
  readonly #options: MessageSenderOptions
  /** Hooks that are asked for, and whether a message for something that is due may come later. */
  #asked = new Map<string, boolean>()
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(options: MessageSenderOptions) {
    this.#options = options
  }

  /** Resolves when each of these hooks that has something to run will be delivered. @throws what the database does */
  send(hooks: readonly string[], { later = false } = {}): Promise<void> {
    for (const hook of hooks) this.#asked.set(hook, later && this.#asked.get(hook) !== false)
    this.#next ??= this.#last.then(() => {
      this.#next = undefined
      const asked = this.#asked
      this.#asked = new Map()
      const sending = this.#send(asked)
      this.#last = sending.catch(() => {})
      return sending
    })
    return this.#next
  }

  async #send(asked: ReadonlyMap<string, boolean>): Promise<void> {
    const { database, executor, hooks, clock } = this.#options
    // Of others another process knows how many may run.
    const known = [...asked.keys()].filter((hook) => Object.hasOwn(hooks, hook))
    if (known.length === 0) return
    const unheard = await executor.unheard(known)
    if (unheard.length === 0) return
    const now = clock.now()
    const limits = unheard.map((hook) => ({ hook, most: hooks[hook]?.maxConcurrency ?? 1 }))
    const messages = await dueMessages(database, limits, new Date(now))
    if (messages.length === 0) return
    const soonest = (hook: string): number => (asked.get(hook) === true ? now + PATIENCE : 0)
    await executor.send(
      messages.map((message) => ({
        ...message,
        dueAt: new Date(Math.max(message.dueAt.getTime(), soonest(message.hook))),
      })),
    )
  }
}
