interface Entry<Key> {
  readonly key: Key
  at: number
  slot: number
}

/** A binary heap of times, one a key: the earliest is found at once, any is moved or taken out in O(log n). */
export class FireHeap<Key> {
  readonly #heap: Entry<Key>[] = []
  readonly #entries = new Map<Key, Entry<Key>>()

  get size(): number {
    return this.#heap.length
  }

  /** The earliest time; undefined when empty. */
  get first(): number | undefined {
    return this.#heap[0]?.at
  }

  /** Sets the time of `key`, instead of the one that it had. */
  set(key: Key, at: number): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      entry.at = at
      this.#settle(entry)
      return
    }
    const added: Entry<Key> = { key, at, slot: this.#heap.length }
    this.#entries.set(key, added)
    this.#heap.push(added)
    this.#rise(added)
  }

  get(key: Key): number | undefined {
    return this.#entries.get(key)?.at
  }

  /** False when `key` had no time. */
  delete(key: Key): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    this.#entries.delete(key)
    const last = this.#heap.pop()
    if (last !== undefined && last !== entry) {
      this.#place(last, entry.slot)
      this.#settle(last)
    }
    return true
  }

  /** Takes out the earliest key, when its time is not after `until`. */
  takeUntil(until: number): Key | undefined {
    const [first] = this.#heap
    if (first === undefined || first.at > until) return undefined
    this.delete(first.key)
    return first.key
  }

  #settle(entry: Entry<Key>): void {
    this.#rise(entry)
    this.#sink(entry)
  }

  #rise(entry: Entry<Key>): void {
    for (;;) {
      const parent = this.#heap[(entry.slot - 1) >> 1]
      if (parent === undefined || parent.at <= entry.at) return
      this.#swap(entry, parent)
    }
  }

  #sink(entry: Entry<Key>): void {
    for (;;) {
      const left = this.#heap[entry.slot * 2 + 1]
      const right = this.#heap[entry.slot * 2 + 2]
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left
      if (child === undefined || child.at >= entry.at) return
      this.#swap(entry, child)
    }
  }

  #swap(a: Entry<Key>, b: Entry<Key>): void {
    const { slot } = a
    this.#place(a, b.slot)
    this.#place(b, slot)
  }

  #place(entry: Entry<Key>, slot: number): void {
    entry.slot = slot
    this.#heap[slot] = entry
  }
}
