/** Finds what changed in a list of things with names, from one time that it is asked to the next. */
export class ChangesOf<Item extends { readonly name: string }> {
  #known = new Map<string, { readonly text: string; readonly item: Item }>()

  get items(): readonly Item[] {
    return [...this.#known.values()].map(({ item }) => item)
  }

  /** @returns undefined where nothing has changed */
  take(
    items: readonly Item[],
  ): { readonly changed: readonly Item[]; readonly gone: readonly string[] } | undefined {
    const before = this.#known
    const now = new Map(items.map((item) => [item.name, { text: JSON.stringify(item), item }]))
    this.#known = now
    const changed = items.filter(({ name }) => before.get(name)?.text !== now.get(name)?.text)
    const gone = [...before.keys()].filter((name) => !now.has(name))
    return changed.length === 0 && gone.length === 0 ? undefined : { changed, gone }
  }

  forget(): void {
    this.#known = new Map()
  }
}
