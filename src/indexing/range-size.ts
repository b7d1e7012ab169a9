/** Levels asked for at first: small enough for any node, and for full blocks. */
const FIRST = 200
/** Most nodes refuse more than 2,000 levels of logs. */
const LARGEST = 2_000
/** An answer is held in memory, and the next one beside it. */
const MOST_BLOCKS = 500
/** ms. A slower answer is no reason to ask for more at once. */
const FAST = 1_000
/** Answers without growing after a failure; twice as many after each further one, so that a node's limit is hit rarely. */
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 1_280

/** How many levels to ask for at a time: grows while answers are fast and small, halves when one fails. */
export class RangeSize {
  #levels: number
  #pause = 0
  #nextPause = FIRST_PAUSE

  constructor(first = FIRST) {
    this.#levels = first
  }

  get levels(): number {
    return this.#levels
  }

  /** Tells of an answer: how many levels were asked for, how many blocks came, how many ms it took. */
  answered({ levels, blocks, ms }: { levels: number; blocks: number; ms: number }): void {
    if (this.#pause > 0) this.#pause -= 1
    else if (levels >= this.#levels && ms < FAST && blocks * 2 <= MOST_BLOCKS) {
      this.#levels = Math.min(LARGEST, this.#levels * 2)
    }
    if (blocks > MOST_BLOCKS) this.#halve()
  }

  failed(): void {
    this.#halve()
    this.#pause = this.#nextPause
    this.#nextPause = Math.min(LONGEST_PAUSE, this.#nextPause * 2)
  }

  #halve(): void {
    this.#levels = Math.max(1, Math.floor(this.#levels / 2))
  }
}
