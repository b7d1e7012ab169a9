import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock, type Clock } from '../clock.ts'
import { CALLBACK, checkOptions, CLOCK, TEXT, wholeFrom, type OptionRules } from '../config/check-options.ts'
import { isFields, isWhole } from '../config/config-reader.ts'
import { ConfigurationError } from '../errors.ts'
import { forever, untilAborted } from './abort.ts'
import type { BlockRef, Datasource } from './datasource.ts'
import { deepest, holdBackSideBlocks, type HoldBack } from './replay/hold-back.ts'
import { missingFile, readArrivals, type ReadRecord } from './replay/read-arrivals.ts'
import { Recording } from './replay/recording.ts'
import { sleep } from './sleep.ts'

export { holdBackSideBlocks } from './replay/hold-back.ts'
export type { HoldBack } from './replay/hold-back.ts'
export type { ReadRecord } from './replay/read-arrivals.ts'

/** A block as its line tells it: all fields, not only those of the ref. */
export type ReplayBlock = BlockRef & Readonly<Record<string, unknown>>

/** Which recording is read, and how fast it goes on. */
export interface ReplayOptions<Block extends BlockRef = ReplayBlock> {
  /** NDJSON, plain or gzipped: a block a line, in the order of arrival. All of it is held in memory. */
  readonly file: string | URL
  /** Levels below the highest one told so far that count as final. Default: 64. */
  readonly finality?: number
  /** Tells side blocks only after so many canonical blocks, for deeper reorgs: see `holdBackSideBlocks`. */
  readonly holdBack?: HoldBack
  /** What `chain()` answers. Left out: the chain is not checked. */
  readonly chain?: string
  /** For lines of another shape. Left out: a line is the block as it stands. */
  readonly read?: ReadRecord<Block>
  /**
   * As a chain that goes on: the first `after` arrivals are there from the start, and each further one comes `interval` ms after
   * the one before. Left out: all of them as fast as they are taken in.
   */
  readonly live?: { readonly after: number; readonly interval: number }
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Called once for each index that has taken the last arrival in and waits for more. */
  readonly onEnd?: (index: string) => void
}

const RULES: OptionRules<ReplayOptions> = {
  file: {
    expected: 'the path of a file, or its URL',
    passes: (value) => TEXT.passes(value) || (value instanceof URL && value.protocol === 'file:'),
  },
  finality: wholeFrom(0),
  holdBack: {
    expected: 'a depth, or [least, most] of depths',
    passes: (value) => typeof value === 'number' || Array.isArray(value),
  },
  chain: TEXT,
  read: CALLBACK,
  live: {
    expected: '{ after, interval }: a number of arrivals, and ms, each a whole number of 1 or more',
    passes: (value) =>
      isFields(value) &&
      Object.keys(value).every((key) => ['after', 'interval'].includes(key)) &&
      isWhole(1)(value['after']) &&
      isWhole(1)(value['interval']),
  },
  clock: CLOCK,
  onEnd: CALLBACK,
}

/** How far an index is. */
interface Position {
  readonly arrival: number
  /** When it was told of that, in ms. */
  readonly since: number
  /** The cursor's hash when `head()` was last asked. */
  readonly cursor: string | undefined
}

/**
 * A recorded chain, told again: every line is the newly announced head.
 *
 * `head()` tells each index one arrival after the other; the next one when the index has taken the present one in, or
 * does not move (what arrived is of no use to it). So a rollback on the way to a head announces nothing twice and skips
 * nothing. An index that is new here goes on after the last arrival of its cursor. At the end `head()` stays with the
 * last arrival, and `changed()` waits.
 *
 * @throws ConfigurationError where there is no such file, or an option makes no sense.
 *
 * @example
 * replay<BlockRef & { miner: string }>({ file: new URL('blocks.ndjson.gz', import.meta.url) })
 */
export function replay<Block extends BlockRef = ReplayBlock>(
  options: ReplayOptions<Block>,
): Datasource<Block> {
  checkOptions<ReplayOptions<Block>>('replay', options, RULES as OptionRules<ReplayOptions<Block>>)
  const { finality = 64, holdBack, chain, live, clock = systemClock, onEnd } = options
  const file = options.file instanceof URL ? fileURLToPath(options.file) : resolve(options.file)
  if (!existsSync(file)) throw missingFile(file)
  checkHoldBack(holdBack, finality)
  const readRecord = options.read ?? ((record) => record as Block)
  const positions = new Map<string, Position>()
  const ended = new Set<string>()
  let recording: Promise<Recording<Block>> | undefined

  const load = async (): Promise<Recording<Block>> => {
    const arrivals = await readArrivals(file, readRecord)
    return new Recording(file, holdBack === undefined ? arrivals : holdBackSideBlocks(arrivals, holdBack))
  }
  const loaded = (signal: AbortSignal) => untilAborted(signal, (recording ??= load()))

  /** ms until the next arrival may be told. */
  const untilNext = ({ arrival, since }: Position): number =>
    live === undefined || arrival + 1 < live.after ? 0 : live.interval - Math.abs(clock.now() - since)

  const advance = (
    position: Position | undefined,
    cursor: string | undefined,
    record: Recording<Block>,
  ): Position => {
    if (position === undefined) {
      return { arrival: record.positionAfter(cursor, live?.after), since: clock.now(), cursor }
    }
    const { arrival, since } = position
    const onItsWay = cursor !== position.cursor && cursor !== record.at(arrival).hash
    if (onItsWay || arrival === record.lastPosition || untilNext(position) > 0)
      return { arrival, since, cursor }
    return { arrival: arrival + 1, since: clock.now(), cursor }
  }

  return {
    description: `replay ${file}`,

    ...(chain === undefined ? {} : { chain: ({ signal }) => untilAborted(signal, Promise.resolve(chain)) }),

    async head({ index, cursor, signal }) {
      const record = await loaded(signal)
      const position = advance(positions.get(index), cursor?.hash, record)
      positions.set(index, position)
      return record.at(position.arrival)
    },

    async blocks(from, to, { index, signal, finalized }) {
      const record = await loaded(signal)
      const head = record.at(positions.get(index)?.arrival ?? record.lastPosition)
      return record.branch(head, from, to, finalized)
    },

    async finalized({ index, signal }) {
      const record = await loaded(signal)
      const position = positions.get(index)
      return position && record.highest(position.arrival) - finality
    },

    async changed({ index, cursor, signal }) {
      const record = await loaded(signal)
      const position = positions.get(index)
      if (position === undefined) return
      if (position.arrival < record.lastPosition) {
        const wait = untilNext(position)
        return wait > 0 ? sleep(clock, wait, signal) : undefined
      }
      if (!ended.has(index) && cursor?.hash === record.at(record.lastPosition).hash) {
        ended.add(index)
        onEnd?.(index)
      }
      await forever(signal)
    },
  }
}

function checkHoldBack(holdBack: HoldBack | undefined, finality: number): void {
  if (holdBack === undefined) return
  const depth = deepest(holdBack)
  if (depth !== null && depth <= finality) return
  const message = `${JSON.stringify(holdBack)} is no depth, or [least, most] of depths, from 1 to finality (${finality})`
  throw new ConfigurationError([{ path: 'replay.holdBack', message }])
}
