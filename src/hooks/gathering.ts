/** Somebody waits until it is sent. */
export interface Gathered {
  readonly failed: (error: unknown) => void
}

/** Gathers what comes while a statement is under way, and sends it together with the next. */
export class Gathering<Entry extends Gathered> {
  readonly #send: (entries: readonly Entry[]) => Promise<void>
  readonly #atOnce: number
  #entries: Entry[] = []
  #senders = 0

  /**
   * @param send tells each entry what came of it; where it rejects, they are told here
   * @param atOnce statements under way. Of more than one, the later may come to pass first
   */
  constructor(send: (entries: readonly Entry[]) => Promise<void>, atOnce: number) {
    this.#send = send
    this.#atOnce = atOnce
  }

  add(entry: Entry): void {
    this.#entries.push(entry)
    if (this.#senders === this.#atOnce) return
    this.#senders += 1
    void this.#run()
  }

  async #run(): Promise<void> {
    // Not at once: whoever ends makes room for one that begins. So, too, after each: those that were told come with what they have.
    await nextTurn()
    while (this.#entries.length > 0) {
      const entries = this.#entries
      this.#entries = []
      try {
        await this.#send(entries)
      } catch (error) {
        for (const { failed } of entries) failed(error)
      }
      await nextTurn()
    }
    this.#senders -= 1
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))
