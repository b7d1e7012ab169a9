import type { Database } from '../database/database.ts'
import type { QueuedFiring } from './queued-firing.ts'

type Held = Pick<QueuedFiring, 'id' | 'reverting' | 'claimed'>

interface Begin {
  readonly firing: Held
  readonly told: (mayRun: boolean) => void
  readonly failed: (error: unknown) => void
}

interface End {
  readonly id: string
  readonly told: () => void
  readonly failed: (error: unknown) => void
}

/** SQLSTATE: it locks rows of several firings, as a revert does, and nothing of it was done. Both of them again. */
const DEADLOCK = '40P01'

/**
 * Notes of firings that run outside a transaction that they begin and that they have ended. What comes while a statement is under way
 * goes with the next one: a commit of its own for each note would be two of the three that such a firing costs. So one after another
 * costs two: the end of the first and the begin of the second are one.
 */
export class FiringNotes {
  readonly #database: Database
  readonly #process: string
  readonly #text: string
  #begins: Begin[] = []
  #ends: End[] = []
  #writing = false

  /** @param text `ClaimTexts.notes` */
  constructor(database: Database, process: string, text: string) {
    this.#database = database
    this.#process = process
    this.#text = text
  }

  /** Noted before it runs. false: it is gone, or not this process's any more. @throws what the database does */
  begin(firing: Held): Promise<boolean> {
    return new Promise((told, failed) => {
      this.#begins.push({ firing, told, failed })
      this.#wake()
    })
  }

  /** It has run. @throws what the database does */
  end({ id }: Held): Promise<void> {
    return new Promise((told, failed) => {
      this.#ends.push({ id, told, failed })
      this.#wake()
    })
  }

  #wake(): void {
    if (this.#writing) return
    this.#writing = true
    // Not at once: whoever ends makes room for one that begins.
    setImmediate(() => void this.#write())
  }

  async #write(): Promise<void> {
    while (this.#begins.length + this.#ends.length > 0) {
      const begins = this.#begins
      const ends = this.#ends
      this.#begins = []
      this.#ends = []
      try {
        const begun = await this.#send(begins, ends)
        for (const { told } of ends) told()
        for (const { firing, told } of begins) told(begun.has(firing.id))
      } catch (error) {
        for (const { failed } of [...ends, ...begins]) failed(error)
      }
      // Those that were told just now come with what they have to note.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#writing = false
  }

  async #send(begins: readonly Begin[], ends: readonly End[]): Promise<ReadonlySet<string>> {
    const wanted = begins.map(({ firing: { id, reverting, claimed } }) => ({ id, reverting, claimed }))
    const args = [ends.map(({ id }) => id), this.#process, JSON.stringify(wanted)]
    const write = async (): Promise<ReadonlySet<string>> => {
      const rows = await this.#database.sql.unsafe<{ id: string }[]>(this.#text, args, { prepare: true })
      return new Set(rows.map(({ id }) => id))
    }
    try {
      return await write()
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === DEADLOCK)) throw error
      return write()
    }
  }
}
