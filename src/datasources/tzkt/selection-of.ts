import type { TzktOptions } from '../tzkt.ts'

/** What is delivered, as JSON: schemas do not decide about that. */
export function selectionOf({ operations, events, bigMaps, tokenTransfers, blocks }: TzktOptions) {
  const texts = (filters: readonly object[] = []): readonly string[] =>
    filters
      .map((filter) => {
        const entries = Object.entries(filter)
          .filter(([, value]) => value !== undefined && (typeof value !== 'object' || Array.isArray(value)))
          .map(
            ([name, value]) => [name, Array.isArray(value) ? value.map(String).toSorted() : value] as const,
          )
        return JSON.stringify(Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1))))
      })
      .toSorted()
  return {
    operations: texts(operations),
    events: texts(events),
    bigMaps: texts(bigMaps),
    tokenTransfers: texts(tokenTransfers),
    blocks: blocks === undefined ? null : 'every',
  }
}

/** Is something of it put out by a schema of the user's? */
export function hasSchemas({ operations = [], events = [], bigMaps = [], blocks }: TzktOptions): boolean {
  const isSchema = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value)
  return (
    isSchema(blocks) ||
    [...operations, ...events, ...bigMaps].some((filter) => Object.values(filter).some(isSchema))
  )
}
