interface Row<Item> {
  readonly element: Element
  update(item: Item): void
}

/** Keeps one element an item, in the order of the items; makes, moves and updates no more of them than it has to. */
export class KeyedList<Item> {
  readonly #parent: Element
  readonly #make: (item: Item) => Row<Item>
  readonly #rows = new Map<string, Row<Item> & { shown: Item | undefined }>()

  constructor(parent: Element, make: (item: Item) => Row<Item>) {
    this.#parent = parent
    this.#make = make
  }

  /** Items that are the same object as before are not looked at again, unless `force`. */
  show(items: readonly (readonly [string, Item])[], force = false): void {
    const keys = new Set(items.map(([key]) => key))
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      row.element.remove()
      this.#rows.delete(key)
    }
    let place = this.#parent.firstElementChild
    for (const [key, item] of items) {
      let row = this.#rows.get(key)
      if (row === undefined) {
        row = { ...this.#make(item), shown: undefined }
        this.#rows.set(key, row)
      }
      if (force || row.shown !== item) {
        row.shown = item
        row.update(item)
      }
      if (row.element === place) place = place.nextElementSibling
      else this.#parent.insertBefore(row.element, place)
    }
  }
}
