import type { Feed, FeedRow } from './feed.ts'
import type { Query } from './rest-client.ts'

/** Values of one parameter in one request: a hundred addresses are 3,700 characters, and URLs have limits. */
const MOST_VALUES = 100

/** Requests, and the filters whose rows they all bring – with some that none is for, which have to be sorted out. */
export interface RequestPlan<Filter> {
  /** With their places in the whole list of filters. */
  readonly filters: readonly { readonly filter: Filter; readonly place: number }[]
  readonly queries: readonly Query[]
}

/** As few requests as will do: filters by the same fields become one, so that ten entrypoints of a contract are one request. */
export function planRequests<Filter extends object, Row extends FeedRow>(
  feed: Feed<Filter, Row>,
  filters: readonly Filter[],
): readonly RequestPlan<Filter>[] {
  const groups = new Map<string, { filter: Filter; place: number }[]>()
  for (const [place, filter] of filters.entries()) {
    const key = Object.keys(askable(feed, filter)).sort().join()
    groups.set(key, [...(groups.get(key) ?? []), { filter, place }])
  }
  return [...groups.values()].map((group) => {
    const fields = [...new Set(group.flatMap(({ filter }) => feed.fields(filter)))]
    const select = fields.length === 0 ? {} : { select: fields.join() }
    const values = merge(group.map(({ filter }) => askable(feed, filter)))
    return {
      filters: group,
      queries: spread(values).map((query) => ({ ...feed.parameters, ...select, ...query })),
    }
  })
}

type Values = Readonly<Record<string, readonly string[]>>

function askable<Filter extends object, Row extends FeedRow>(
  feed: Feed<Filter, Row>,
  filter: Filter,
): Values {
  const values: Record<string, readonly string[]> = {}
  for (const { field, parameter, unaskable } of feed.picks) {
    const given = (filter as Readonly<Record<string, unknown>>)[field]
    if (given === undefined) continue
    const list = (Array.isArray(given) ? given : [given]) as readonly (string | number)[]
    if (unaskable === undefined || !list.includes(unaskable)) values[parameter] = list.map(String)
  }
  return values
}

function merge(all: readonly Values[]): Values {
  const merged: Record<string, readonly string[]> = {}
  for (const values of all) {
    for (const [parameter, list] of Object.entries(values)) {
      merged[parameter] = [...new Set([...(merged[parameter] ?? []), ...list])]
    }
  }
  return merged
}

/** One query, or as many as it takes for no list to be too long. */
function spread(values: Values): readonly Query[] {
  let queries: readonly Query[] = [{}]
  for (const [parameter, list] of Object.entries(values)) {
    const parts: Query[] = []
    for (let at = 0; at < list.length; at += MOST_VALUES) {
      const part = list.slice(at, at + MOST_VALUES)
      parts.push(part.length === 1 ? { [parameter]: part[0] ?? '' } : { [`${parameter}.in`]: part.join() })
    }
    queries = queries.flatMap((query) => parts.map((part) => ({ ...query, ...part })))
  }
  return queries
}
