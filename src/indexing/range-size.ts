/** Levels asked for at first: small enough for any node, for full blocks, and for a first answer soon. */
const FIRST = 2
/** Most nodes refuse more than 2,000 levels of logs. */
const LARGEST = 2_000
/** Bytes of memory that an answer should take: some 5,000 logs. Larger ones are no faster, and several are held at a time. */
const TARGET = 4_000_000
/** ms. A slower answer is no reason to ask for more at once. */
const FAST = 1_000
/** Answers without growing after a failure; twice as many after each further one, so that a node's limit is hit rarely. */
const FIRST_PAUSE = 20
const LONGEST_PAUSE = 1_280

export interface RangeReport {
  /** That were asked for. */
  readonly levels: number
  /** Of the answer, in memory. */
  readonly bytes: number
  readonly ms: number
}

/** How many levels to ask for at a time: grows while answers are fast and small, halves when one fails. */
export class RangeSize {
  #levels: number
  #bytesPerLevel = 0
  #isKnown = false
  #pause = 0
  #nextPause = FIRST_PAUSE

  constructor(first = FIRST) {
    this.#levels = first
  }

  get levels(): number {
    return this.#levels
  }

  /** Has a range been answered? */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** What the answer of a range will take in memory, as far as the last ones tell. */
  expect(levels: number): number {
    return levels * this.#bytesPerLevel
  }

  answered({ levels, bytes, ms }: RangeReport): void {
    this.#isKnown = true
    const density = bytes / levels
    // Up at once, down slowly: a busy stretch must not be met with the ranges of a quiet one.
    this.#bytesPerLevel = Math.max(density, (this.#bytesPerLevel + density) / 2)
    const wanted = Math.max(1, Math.floor(TARGET / Math.max(1, this.#bytesPerLevel)))
    if (this.#levels > wanted) this.#levels = wanted
    else if (this.#pause > 0) this.#pause -= 1
    else if (levels >= this.#levels && ms < FAST) this.#levels = Math.min(LARGEST, wanted, this.#levels * 2)
  }

  failed(): void {
    this.#levels = Math.max(1, Math.floor(this.#levels / 2))
    this.#pause = this.#nextPause
    this.#nextPause = Math.min(LONGEST_PAUSE, this.#nextPause * 2)
  }
}
