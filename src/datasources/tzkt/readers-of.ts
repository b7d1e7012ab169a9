import type { TzktOptions } from '../tzkt.ts'
import type { ListName, Reader } from './block-reader.ts'
import { FeedReader } from './feed-reader.ts'
import { bigMaps, events, originations, tokenTransfers, transactions } from './feeds.ts'
import type { Feed, FeedRow } from './feed.ts'
import type { RestClient } from './rest-client.ts'
import type { OriginationFilter, TransactionFilter } from './tzkt-filter.ts'

/** What reads each list that blocks come with, of those that are asked for. */
export function readersOf(
  {
    operations = [],
    events: eventFilters = [],
    bigMaps: mapFilters = [],
    tokenTransfers: tokens = [],
  }: TzktOptions,
  rest: RestClient,
  origin: string,
): ReadonlyMap<ListName, Reader> {
  const readers = new Map<ListName, Reader>()
  const reads = <Filter extends object, Row extends FeedRow, Item>(
    feed: Feed<Filter, Row, Item>,
    filters: readonly Filter[],
  ): Reader => {
    const feedReader = new FeedReader(feed, filters, rest, origin)
    return (from, to, signal) => feedReader.read(from, to, signal)
  }
  if (operations.length > 0) {
    const isTransaction = (filter: object): filter is TransactionFilter =>
      (filter as TransactionFilter).kind === 'transaction'
    const isOrigination = (filter: object): filter is OriginationFilter => !isTransaction(filter)
    const called = reads(transactions, operations.filter(isTransaction))
    const made = reads(originations, operations.filter(isOrigination))
    readers.set('operations', async (from, to, signal) => {
      const both = await Promise.all([called(from, to, signal), made(from, to, signal)])
      return both
        .flat()
        .sort((one, other) => (one.item as { id: number }).id - (other.item as { id: number }).id)
    })
  }
  if (eventFilters.length > 0) readers.set('events', reads(events, eventFilters))
  if (mapFilters.length > 0) readers.set('bigMaps', reads(bigMaps, mapFilters))
  if (tokens.length > 0) readers.set('tokenTransfers', reads(tokenTransfers, tokens))
  return readers
}
