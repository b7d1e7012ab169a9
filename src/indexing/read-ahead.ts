/** Bytes of memory. */
const BUDGET = 24_000_000

/** What all indexes of a process have read ahead of what they work on, in bytes of memory: more of them must not take more of it. */
export class ReadAhead {
  #held = 0

  /** Is there room for as much? An index that has nothing ahead reads a range all the same. */
  fits(bytes: number): boolean {
    return this.#held + bytes <= BUDGET
  }

  /** What is held has grown by as much, or shrunk. */
  add(bytes: number): void {
    this.#held += bytes
  }
}
