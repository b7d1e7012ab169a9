/** Runs what was planned in the order of its time, which nothing else moves. */
export class VirtualTime {
  #now = 0
  #seq = 0
  readonly #heap: { readonly at: number; readonly seq: number; readonly run: () => void }[] = []

  /** ms */
  get now(): number {
    return this.#now
  }

  after(delay: number, run: () => void): void {
    const heap = this.#heap
    heap.push({ at: this.#now + delay, seq: (this.#seq += 1), run })
    for (let at = heap.length - 1; at > 0;) {
      const above = (at - 1) >> 1
      if (!this.#isBefore(at, above)) break
      this.#swap(at, above)
      at = above
    }
  }

  runUntil(end: number): void {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined || first.at > end) break
      this.#pop()
      this.#now = first.at
      first.run()
    }
    this.#now = end
  }

  #pop(): void {
    const heap = this.#heap
    this.#swap(0, heap.length - 1)
    heap.pop()
    for (let at = 0; ;) {
      let least = at
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < heap.length && this.#isBefore(below, least)) least = below
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return false
    return a.at < b.at || (a.at === b.at && a.seq < b.seq)
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return
    this.#heap[one] = b
    this.#heap[other] = a
  }
}
