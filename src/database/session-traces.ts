import { lasts } from './lasting-statement.ts'

/**
 * What users' statements have left in a session. They are known by their words, and by what PostgreSQL tells by itself when a setting
 * changes that clients need to know, whoever changed it: of version 14 on whether transactions are read-only, of 18 on the
 * `search_path`. Not seen: another setting that a function changes for the session.
 */
export class SessionTraces {
  #isMarked = false
  #settings: ReadonlyMap<string, string> | undefined
  readonly #told = new Map<string, string>()

  /** The session is not for another user any more. */
  get any(): boolean {
    if (this.#isMarked || this.#settings === undefined) return this.#isMarked
    for (const [name, value] of this.#settings) if (this.#told.get(name) !== value) return true
    return false
  }

  /** The session is as users shall have it. */
  begin(): void {
    this.#settings = new Map(this.#told)
  }

  /** PostgreSQL tells a setting: at first, and whenever it changes. */
  tell(name: string, value: string): void {
    this.#told.set(name, value)
  }

  /** The session is not for another user any more. */
  mark(): void {
    this.#isMarked = true
  }

  /** A statement has ended. */
  see(text: string): void {
    if (!this.#isMarked && this.#settings !== undefined) this.#isMarked = lasts(text) !== 'no'
  }
}
