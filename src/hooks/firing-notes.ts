import { againAfterDeadlock } from '../database/again-after-deadlock.ts'
import type { Database } from '../database/database.ts'
import { Gathering, type Gathered } from './gathering.ts'
import type { QueuedFiring } from './queued-firing.ts'

type Held = Pick<QueuedFiring, 'id' | 'reverting' | 'claimed'>

interface Begin extends Gathered {
  readonly begins: Held
  readonly told: (mayRun: boolean) => void
}

/** A firing has run. */
export interface End extends Gathered {
  readonly ends: string
  readonly told: () => void
}

/**
 * Notes of firings that run outside a transaction that they begin and that they have ended. What comes while a statement is under way
 * goes with the next one: a commit of its own for each note would be two of the three that such a firing costs. So one after another
 * costs two: the end of the first and the begin of the second are one.
 */
export class FiringNotes {
  readonly #database: Database
  readonly #process: string
  readonly #text: string
  readonly #gathering: Gathering<Begin | End>

  /**
   * @param text `ClaimTexts.notes`
   * @param atOnce statements under way. With more than one, the later may come to pass first
   */
  constructor(database: Database, process: string, text: string, atOnce = 1) {
    this.#database = database
    this.#process = process
    this.#text = text
    this.#gathering = new Gathering((entries) => this.#send(entries), atOnce)
  }

  /** Noted before it runs. false: it is gone, or not this process's any more. @throws what the database does */
  begin(firing: Held): Promise<boolean> {
    return new Promise((told, failed) => this.#gathering.add({ begins: firing, told, failed }))
  }

  /** It has run. @throws what the database does */
  end({ id }: Pick<Held, 'id'>): Promise<void> {
    return new Promise((told, failed) => this.#gathering.add({ ends: id, told, failed }))
  }

  async #send(entries: readonly (Begin | End)[]): Promise<void> {
    const ends = entries.filter((entry) => 'ends' in entry)
    const begins = entries.filter((entry) => 'begins' in entry)
    const wanted = begins.map(({ begins: { id, reverting, claimed } }) => ({ id, reverting, claimed }))
    const args = [ends.map((entry) => entry.ends), this.#process, JSON.stringify(wanted)]
    // It locks rows of several firings, as a revert does.
    const rows = await againAfterDeadlock(() =>
      this.#database.sql.unsafe<{ id: string }[]>(this.#text, args, { prepare: true }),
    )
    const begun = new Set(rows.map(({ id }) => id))
    for (const { told } of ends) told()
    for (const { begins: firing, told } of begins) told(begun.has(firing.id))
  }
}
