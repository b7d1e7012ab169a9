import * as v from 'valibot'
import { DatasourceError } from '../../errors.ts'
import type { BlockRef } from '../datasource.ts'
import { whole } from './feed.ts'
import type { Query, RestClient } from './rest-client.ts'

const PATH = '/v1/blocks'
const LARGEST_PAGE = 10_000
/** Whole blocks have a kilobyte each. */
const LARGEST_DETAILED_PAGE = 1_000
/** So many levels named one by one fit into a URL. */
const MOST_NAMED = 200
/** The first block has no parent. */
const NO_PARENT = 'none'

/** A block of the list, which tells no parent. */
interface Header {
  readonly level: number
  readonly hash: string
  readonly timestamp: number
  /** What the API tells of it; only a few fields where no details are asked for. */
  readonly raw: unknown
}

/** A block as the list has it, with its parent. */
export interface ListedBlock {
  readonly ref: BlockRef
  readonly raw: unknown
}

const header = v.object({
  level: v.pipe(whole, v.minValue(0)),
  hash: v.string(),
  timestamp: v.pipe(
    v.string(),
    v.transform((text) => Date.parse(text) / 1000),
    v.safeInteger('no time'),
  ),
})

/**
 * TzKT's list of blocks. It tells no parents: the parent of a block is the one at the level below, read in the same answer,
 * so that both are of one state of TzKT's database.
 */
export class BlockList {
  readonly #rest: RestClient
  readonly #origin: string
  readonly #detailed: boolean

  constructor(rest: RestClient, origin: string, detailed: boolean) {
    this.#rest = rest
    this.#origin = origin
    this.#detailed = detailed
  }

  /** The newest block that all of TzKT's lists are up to. */
  async head(signal: AbortSignal): Promise<BlockRef> {
    // What is committed shows here at once, and in the other lists when the server has heard of it, milliseconds later.
    const { headers, level = Infinity } = await this.#get({ 'sort.desc': 'level', limit: '3' }, signal, false)
    const [newest, parent] = headers.filter((one) => one.level <= level)
    if (newest === undefined) throw new DatasourceError(`${this.#origin} has no block yet`)
    return refOf(newest, parent?.level === newest.level - 1 ? parent : undefined, this.#origin)
  }

  /** Every block of the range, up to where the chain ends. */
  async range(from: number, to: number, signal: AbortSignal): Promise<readonly ListedBlock[]> {
    const headers: Header[] = []
    const size = this.#detailed ? LARGEST_DETAILED_PAGE : LARGEST_PAGE
    for (let first = Math.max(0, from - 1); first <= to;) {
      const query = {
        'level.ge': String(first),
        'level.le': String(to),
        'sort.asc': 'level',
        limit: String(size),
      }
      const page = (await this.#get(query, signal, this.#detailed)).headers
      for (const one of page) {
        const last = headers.at(-1)
        if (last !== undefined && one.level !== last.level + 1) throw this.#hole(last.level + 1)
        headers.push(one)
      }
      if (page.length < size) break
      first = (headers.at(-1)?.level ?? to) + 1
    }
    if (headers.length > 0 && headers[0]?.level !== Math.max(0, from - 1))
      throw this.#hole(Math.max(0, from - 1))
    return this.#linked(headers, (level) => level >= from)
  }

  /** The blocks of these levels, which are all there. */
  async named(levels: readonly number[], signal: AbortSignal): Promise<readonly ListedBlock[]> {
    const first = levels[0]
    const last = levels.at(-1)
    if (first === undefined || last === undefined) return []
    const needed = [...new Set(levels.flatMap((level) => (level === 0 ? [0] : [level - 1, level])))]
    const wanted = new Set(levels)
    if (needed.length > MOST_NAMED) {
      return (await this.range(first, last, signal)).filter(({ ref }) => wanted.has(ref.level))
    }
    const query = { 'level.in': needed.join(), 'sort.asc': 'level', limit: String(needed.length) }
    const { headers } = await this.#get(query, signal, this.#detailed)
    const found = new Set(headers.map(({ level }) => level))
    const missing = needed.find((level) => !found.has(level))
    if (missing !== undefined) throw this.#hole(missing)
    return this.#linked(headers, (level) => wanted.has(level))
  }

  #linked(headers: readonly Header[], wanted: (level: number) => boolean): readonly ListedBlock[] {
    return headers.flatMap((one, at) => {
      const before = headers[at - 1]
      if (!wanted(one.level)) return []
      const parent = before?.level === one.level - 1 ? before : undefined
      return [{ ref: refOf(one, parent, this.#origin), raw: one.raw }]
    })
  }

  async #get(
    query: Query,
    signal: AbortSignal,
    detailed: boolean,
  ): Promise<{ readonly headers: readonly Header[]; readonly level: number | undefined }> {
    const select = detailed ? {} : { select: 'level,hash,timestamp' }
    const { body, level } = await this.#rest.get(PATH, { ...query, ...select }, signal)
    const parsed = v.safeParse(v.array(header), body)
    if (!parsed.success) {
      throw new DatasourceError(`${this.#origin}: ${PATH}: it answered with what are no blocks`)
    }
    const raws = body as readonly unknown[]
    return { headers: parsed.output.map((one, at) => ({ ...one, raw: raws[at] })), level }
  }

  #hole(level: number): DatasourceError {
    return new DatasourceError(`${this.#origin} has no level ${level}, though it has higher ones`)
  }
}

function refOf({ level, hash, timestamp }: Header, parent: Header | undefined, origin: string): BlockRef {
  if (parent === undefined && level > 0) {
    throw new DatasourceError(`${origin} has no level ${level - 1}, though it has higher ones`)
  }
  return { level, hash, parentHash: parent?.hash ?? NO_PARENT, timestamp }
}
