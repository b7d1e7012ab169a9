import * as v from 'valibot'
import { DatasourceError } from '../../errors.ts'
import type { Check, Feed, FeedRow } from './feed.ts'
import { planRequests, type RequestPlan } from './plan-requests.ts'
import type { Query, RestClient } from './rest-client.ts'

/** The API's own limit. */
const LARGEST_PAGE = 10_000
/** How far below it pages may be, to be asked for with a number that nobody else used. */
const PAGE_SIZES = 1_000

/** Something that a block has, with where it belongs. */
export interface Found<Item> {
  readonly level: number
  /** The hash of its block; undefined: the API does not tell. */
  readonly block: string | undefined
  readonly item: Item
}

interface Match<Filter, Row> {
  readonly row: Row
  readonly filter: Filter
  readonly place: number
}

/** Reads what the filters of one list ask for: each row once, read by the first filter that it fits. */
export class FeedReader<Filter extends object, Row extends FeedRow, Item> {
  readonly #feed: Feed<Filter, Row, Item>
  readonly #plans: readonly RequestPlan<Filter>[]
  readonly #rest: RestClient
  readonly #origin: string
  #page = Math.floor(Math.random() * PAGE_SIZES)

  constructor(feed: Feed<Filter, Row, Item>, filters: readonly Filter[], rest: RestClient, origin: string) {
    this.#feed = feed
    this.#plans = planRequests(feed, filters)
    this.#rest = rest
    this.#origin = origin
  }

  /** In the order of the chain. @throws DatasourceError */
  async read(from: number, to: number, signal: AbortSignal): Promise<readonly Found<Item>[]> {
    const answers = await Promise.all(this.#plans.map((plan) => this.#matches(plan, from, to, signal)))
    const first = new Map<number, Match<Filter, Row>>()
    for (const match of answers.flat()) {
      const { row, place } = match
      if (place < (first.get(row.id)?.place ?? Infinity)) first.set(row.id, match)
    }
    const found: Found<Item>[] = []
    for (const { row, filter } of [...first.values()].sort((one, other) => one.row.id - other.row.id)) {
      found.push({ level: row.level, block: row.block, item: await this.#item(row, filter, signal) })
    }
    return found
  }

  /** What its requests bring that one of its filters is for: only those rows have the fields that the filter needs. */
  async #matches(
    { filters, queries }: RequestPlan<Filter>,
    from: number,
    to: number,
    signal: AbortSignal,
  ): Promise<readonly Match<Filter, Row>[]> {
    const rows = await Promise.all(queries.map((query) => this.#rows(query, from, to, signal)))
    return rows.flat().flatMap((row) => {
      const match = filters.find(({ filter }) => this.#fits(row, filter))
      return match === undefined ? [] : [{ ...match, row }]
    })
  }

  async #rows(query: Query, from: number, to: number, signal: AbortSignal): Promise<readonly Row[]> {
    const rows: Row[] = []
    for (;;) {
      // TzKT keeps answers by their parameters, for a moment also those of a block that has just left the chain. A page of
      // another size each time has never been answered before.
      const limit = LARGEST_PAGE - (this.#page++ % PAGE_SIZES)
      const last = rows.at(-1)
      const answer = await this.#rest.get(
        this.#feed.path,
        {
          ...query,
          ...(from === to ? { level: String(from) } : { 'level.ge': String(from), 'level.le': String(to) }),
          'sort.asc': 'id',
          limit: String(limit),
          ...(last && { 'offset.cr': String(last.id) }),
        },
        signal,
      )
      if (answer.level !== undefined && answer.level < to) {
        const { what } = this.#feed
        throw new DatasourceError(
          `${this.#origin} has a server that is behind: it was asked for ${what}s up to level ${to}, and is at ${answer.level}`,
        )
      }
      const page = this.#parse(answer.body, from, to)
      rows.push(...page)
      if (page.length < limit) return rows
    }
  }

  #parse(body: unknown, from: number, to: number): readonly Row[] {
    const { path, what } = this.#feed
    if (!Array.isArray(body)) throw new DatasourceError(`${this.#origin}: ${path}: it answered with no list`)
    return body.map((raw: unknown) => {
      const parsed = v.safeParse(this.#feed.row, raw)
      if (!parsed.success) {
        const issue = parsed.issues[0]
        throw new DatasourceError(
          `${this.#origin}: ${path}: it answered with what is no ${what}: ${pathOf(issue)}: ${issue.message}`,
        )
      }
      const row = parsed.output
      if (row.level >= from && row.level <= to) return row
      throw new DatasourceError(
        `${this.#origin}: ${path}: it answered with level ${row.level}, asked for ${from} to ${to}`,
      )
    })
  }

  #fits(row: Row, filter: Filter): boolean {
    return this.#feed.picks.every(({ field, of }) => {
      const asked = (filter as Readonly<Record<string, unknown>>)[field]
      if (asked === undefined) return true
      return Array.isArray(asked) ? asked.includes(of(row)) : asked === of(row)
    })
  }

  async #item(row: Row, filter: Filter, signal: AbortSignal): Promise<Item> {
    const misfits: string[] = []
    const check: Check = (what, schema, value) => {
      if (schema === undefined) return value
      const parsed = v.safeParse(schema, value)
      if (parsed.success) return parsed.output
      for (const issue of parsed.issues) misfits.push(`${pathOf(issue, what)}: ${issue.message}`)
      return undefined
    }
    const item = this.#feed.read(row, filter, check)
    if (misfits.length === 0) return item
    throw new DatasourceError(
      `${this.#origin}: level ${row.level}, ${await this.#name(row, signal)}: ${misfits.slice(0, MOST_MISFITS).join('; ')}`,
      {
        retriable: false,
        hint: 'What is on the chain does not fit the schema that tzkt({ … }) was given: mend the schema, or ask for less.',
      },
    )
  }

  /** As people find it in an explorer. */
  async #name(row: Row, signal: AbortSignal): Promise<string> {
    const { what } = this.#feed
    const operation = this.#feed.operation(row)
    if ('hash' in operation) return `operation ${operation.hash}`
    const { transactionId } = operation
    if (transactionId === undefined) return `${what} ${row.id}`
    // Only for the message; the error is the same without.
    const answer = await this.#rest
      .get('/v1/operations/transactions', { id: String(transactionId), select: 'hash' }, signal)
      .catch(() => undefined)
    const hash = Array.isArray(answer?.body) ? (answer.body[0] as unknown) : undefined
    return typeof hash === 'string' ? `operation ${hash}, ${what} ${row.id}` : `${what} ${row.id}`
  }
}

/** A message that goes on for pages is read by nobody. */
const MOST_MISFITS = 3

function pathOf(issue: v.BaseIssue<unknown>, first?: string): string {
  const keys = issue.path?.map(({ key }) => String(key)) ?? []
  return [...(first === undefined ? [] : [first]), ...keys].join('.') || 'the answer'
}
