import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { constants, deflateRaw, inflateRaw } from 'node:zlib'
import type { Database } from '../database/database.ts'
import { DatasourceError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { RangeAnswer } from './level-group.ts'
import type { SourceReader } from './source-reader.ts'

const deflate = promisify(deflateRaw)
const inflate = promisify(inflateRaw)

/** The fastest: what is repeated in blocks is found by it, too. */
const LEVEL = constants.Z_BEST_SPEED

export interface BlockCacheOptions {
  readonly index: string
  readonly database: Database
  readonly source: SourceReader
  readonly logger: Logger
  /** As the datasource tells it. */
  readonly chain: string
  /** What of the chain it delivers. */
  readonly selection: Readonly<Record<string, unknown>>
}

interface Span {
  readonly from: number
  readonly to: number
  /** Of the block at `to`, where it is known. */
  readonly endHash: string | null
}

interface Found {
  readonly span: Span
  /** Of the source's block at its end. */
  readonly hash: string
}

/**
 * The blocks of ranges that were final, kept in Pawl's own schema: a reindex reads them there. By chain and selection, so that indexes
 * of the same share them. Only what is final is in it, so no reorg can make it wrong; but a chain that began anew under the same name
 * (a local node) can, so the first and the last range that the source has are compared with it before it is used. What is above that
 * stays, and is not used: the source may only be behind.
 */
export class BlockCache {
  readonly #options: BlockCacheOptions
  readonly #key: string
  /** By level. */
  #spans: Span[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(options: BlockCacheOptions) {
    this.#options = options
    const selection = createHash('sha256').update(JSON.stringify(options.selection)).digest('hex')
    this.#key = `${options.chain} ${selection.slice(0, 32)}`
  }

  /** Looks what is there, and whether it is of the source's chain. @throws DatasourceError */
  async open(signal: AbortSignal): Promise<void> {
    const { database, logger, index } = this.#options
    const { sql } = database
    const rows = await sql<{ from: bigint; to: bigint; hash: string | null }[]>`
      select from_level as "from", to_level as "to", end_hash as hash from ${this.#table}
      where source = ${this.#key} order by from_level`
    this.#spans = rows.map(({ from, to, hash }) => ({ from: Number(from), to: Number(to), endHash: hash }))
    const known = this.#spans.filter(({ endHash }) => endHash !== null)
    const last = await this.#lastOnSource(known, signal)
    for (const found of [last, last && (await this.#find(known[0], signal))]) {
      if (found === undefined || found.hash === found.span.endHash) continue
      const { to, endHash } = found.span
      logger.warn(
        `the cache of index "${index}" is of another chain: level ${to} was ${endHash}. It is emptied`,
      )
      await sql`delete from ${this.#table} where source = ${this.#key}`
      this.#spans = []
      return
    }
    const compared = last?.span.to ?? -1
    if (known.length > 0) this.#spans = this.#spans.filter(({ to }) => to <= compared)
  }

  /** The last of the spans whose end the source has: mostly the very last, else looked for by halves. */
  async #lastOnSource(spans: readonly Span[], signal: AbortSignal): Promise<Found | undefined> {
    let last = await this.#find(spans.at(-1), signal)
    if (last !== undefined) return last
    for (let [low, high] = [0, spans.length - 1]; low < high;) {
      const middle = Math.floor((low + high) / 2)
      const found = await this.#find(spans[middle], signal)
      if (found === undefined) high = middle
      else [last, low] = [found, middle + 1]
    }
    return last
  }

  /** What the source has where the span ends; undefined: nothing. */
  async #find(span: Span | undefined, signal: AbortSignal): Promise<Found | undefined> {
    if (span === undefined) return undefined
    const { to } = span
    const [block] = await this.#options.source.refs({ from: to, to }, signal, { mayBeginLater: true })
    return block && { span, hash: block.hash }
  }

  /** Up to which level one range should go that begins at `from`: what is kept no further than `to`, else `wanted`, but for what is kept. */
  limit(from: number, to: number, wanted: number): number {
    if (from > to) return wanted
    const span = this.#spans.find((one) => one.to >= from)
    if (span === undefined) return wanted
    return span.from <= from ? Math.min(to, span.to) : Math.min(wanted, span.from - 1)
  }

  /** Undefined: it is not there. */
  async read(from: number, to: number): Promise<RangeAnswer | undefined> {
    const span = this.#spans.find((one) => one.from <= from && one.to >= to)
    if (span === undefined) return undefined
    const { sql } = this.#options.database
    const [row] = await sql<{ body: Buffer }[]>`
      select body from ${this.#table} where source = ${this.#key} and from_level = ${span.from}`
    const answer = row && (await unpack(row.body))
    // Emptied by somebody meanwhile, or written by a Node that knew more.
    if (answer === undefined) return undefined
    const blocks = answer.blocks.filter(({ level }) => level >= from && level <= to)
    // The end of a part of a range is not known, unless it has data.
    return { blocks, end: to === span.to ? answer.end : undefined }
  }

  /** Keeps a range that is final. Waits for the one before: nothing piles up. */
  async write(from: number, to: number, answer: RangeAnswer): Promise<void> {
    const before = this.#writing
    const written = before.then(() => this.#write(from, to, answer))
    this.#writing = written.catch(() => {})
    await before
  }

  async #write(from: number, to: number, answer: RangeAnswer): Promise<void> {
    const { database, logger } = this.#options
    const { sql } = database
    const last = answer.end ?? answer.blocks.at(-1)
    const endHash = last?.level === to ? last.hash : null
    try {
      const body = await pack(answer)
      await sql`
        insert into ${this.#table} (source, from_level, to_level, end_hash, body)
        values (${this.#key}, ${from}, ${to}, ${endHash}, ${body}) on conflict do nothing`
    } catch (error) {
      // The index needs it not. A database that is gone stops that anyway.
      logger.warn(`levels ${from} to ${to} could not be kept in the cache`, { error })
    }
  }

  get #table() {
    const { sql, ownSchema } = this.#options.database
    return sql(`${ownSchema}.cached_range`)
  }
}

async function pack({ blocks, end }: RangeAnswer): Promise<Buffer> {
  let packed: Buffer
  try {
    packed = serialize({ blocks, end })
  } catch (cause) {
    throw new DatasourceError('its blocks hold what cannot be stored, functions for instance', { cause })
  }
  return deflate(packed, { level: LEVEL })
}

async function unpack(body: Buffer): Promise<RangeAnswer | undefined> {
  try {
    return deserialize(await inflate(body)) as RangeAnswer
  } catch {
    return undefined
  }
}
