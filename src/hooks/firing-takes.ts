import { againAfterDeadlock } from '../database/again-after-deadlock.ts'
import type { Database } from '../database/database.ts'
import type { End } from './firing-notes.ts'
import { Gathering, type Gathered } from './gathering.ts'
import { readFiring, type QueuedFiring } from './queued-firing.ts'

/** A hook whose firings are claimed without slots. */
export interface TakenHook {
  readonly name: string
  /** Firings that run at a time in all processes: `maxConcurrency`. */
  readonly most: number
  /** It is noted, with the claim, that it runs. */
  readonly begin: boolean
}

interface Take extends Gathered {
  readonly dueBy: Date
  readonly told: (firing: QueuedFiring | undefined) => void
}

/**
 * Claims of a process that has no slots of a hook (see `Lane`): who may run a firing is not known before a message is delivered, so
 * each claim counts what all processes have. Where a process with slots is there, as while a project moves from one executor to
 * another, it does that hook alone. All that ask while a statement is under way are answered by the next; and those that have run are
 * noted with the claim of what comes next, in one transaction.
 */
export class FiringTakes {
  readonly #database: Database
  readonly #process: string
  readonly #text: string
  readonly #hook: TakenHook
  readonly #gathering: Gathering<Take | End>

  /**
   * @param process the id of its row
   * @param text `ClaimTexts.take`
   */
  constructor(database: Database, process: string, text: string, hook: TakenHook) {
    this.#database = database
    this.#process = process
    this.#text = text
    this.#hook = hook
    // Others would only wait for its lock.
    this.#gathering = new Gathering((entries) => this.#send(entries), 1)
  }

  /** The next one that is due, in their order, claimed for this process. undefined: none may run now. @throws what the database does */
  next(dueBy: Date): Promise<QueuedFiring | undefined> {
    return new Promise((told, failed) => this.#gathering.add({ dueBy, told, failed }))
  }

  /** It has run. @throws what the database does */
  end({ id }: Pick<QueuedFiring, 'id'>): Promise<void> {
    return new Promise((told, failed) => this.#gathering.add({ ends: id, told, failed }))
  }

  async #send(entries: readonly (Take | End)[]): Promise<void> {
    const { name, most, begin } = this.#hook
    const ends = entries.filter((entry) => 'ends' in entry)
    const takes = entries.filter((entry) => 'dueBy' in entry)
    const dueBy = new Date(Math.max(0, ...takes.map((take) => take.dueBy.getTime())))
    const lock = `${this.#database.ownSchema} ${name}`
    const args = [
      ends.map((entry) => entry.ends),
      name,
      takes.length,
      most,
      dueBy.toISOString(),
      begin,
      this.#process,
      lock,
    ]
    const rows = await againAfterDeadlock(() =>
      this.#database.sql.unsafe(this.#text, args, { prepare: true }),
    )
    for (const { told } of ends) told()
    for (const [at, { told }] of takes.entries()) {
      const row = rows[at]
      told(row && readFiring(row, { claimed: true, begun: begin }))
    }
  }
}
