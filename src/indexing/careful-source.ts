import type { Clock } from '../clock.ts'
import type { BlockRef, Datasource } from '../datasources/datasource.ts'
import { DatasourceError, PawlError } from '../errors.ts'

/** ms. Long enough for the largest range of a slow node. */
const TIMEOUT = 30_000

export interface CarefulOptions {
  readonly index: string
  readonly source: Datasource
  readonly clock: Clock
}

/**
 * A datasource whose every answer is looked at before it is believed: in time, of the right shape, in order. What is wrong
 * becomes a `DatasourceError` that names the index, the source and the question.
 */
export class CarefulSource {
  readonly #options: CarefulOptions

  constructor(options: CarefulOptions) {
    this.#options = options
  }

  get description(): string {
    return this.#options.source.description
  }

  /** undefined: the source cannot tell. */
  chain(signal: AbortSignal): Promise<string | undefined> {
    const { source, index } = this.#options
    return this.#ask('its chain', signal, async (call) => source.chain?.({ index, signal: call }))
  }

  async head(cursor: BlockRef | undefined, signal: AbortSignal): Promise<BlockRef> {
    const { source, index } = this.#options
    const head = await this.#ask('its head', signal, (call) => source.head({ index, cursor, signal: call }))
    if (!isBlockRef(head)) throw this.#wrong('its head', `that is no block: ${show(head)}`)
    return head
  }

  async finalized(signal: AbortSignal): Promise<number | undefined> {
    const { source, index } = this.#options
    const level = await this.#ask('its finalized level', signal, async (call) =>
      source.finalized?.({ index, signal: call }),
    )
    if (level === undefined || Number.isSafeInteger(level)) return level
    throw this.#wrong('its finalized level', `that is no level: ${show(level)}`)
  }

  /** May have gaps at or below `finalized`, and end early; else every level from `from` on is there, linked. */
  async blocks(
    from: number,
    to: number,
    finalized: number,
    signal: AbortSignal,
  ): Promise<readonly BlockRef[]> {
    const { source, index } = this.#options
    const question = from === to ? `level ${from}` : `levels ${from} to ${to}`
    const blocks = await this.#ask(question, signal, (call) =>
      source.blocks(from, to, { index, finalized, signal: call }),
    )
    if (!Array.isArray(blocks)) throw this.#wrong(question, `that is no list of blocks: ${show(blocks)}`)
    let previous: BlockRef | undefined
    for (const block of blocks as readonly unknown[]) {
      if (!isBlockRef(block)) throw this.#wrong(question, `that holds no block: ${show(block)}`)
      const expected = previous === undefined ? from : previous.level + 1
      if (block.level < expected || block.level > to) {
        throw this.#wrong(question, `with level ${block.level} where ${expected} or higher was due`)
      }
      if (block.level > expected && expected > finalized) {
        throw this.#wrong(question, `without level ${expected}, which is not final yet`)
      }
      if (
        previous !== undefined &&
        block.level === previous.level + 1 &&
        block.parentHash !== previous.hash
      ) {
        throw this.#wrong(
          question,
          `that does not link: the parent of ${block.level} is not its ${previous.level}`,
        )
      }
      previous = block
    }
    return blocks as readonly BlockRef[]
  }

  /** Resolves when there may be something new, or when `signal` is aborted. */
  async changed(cursor: BlockRef | undefined, pollInterval: number, signal: AbortSignal): Promise<void> {
    const { source, index, clock } = this.#options
    if (source.changed === undefined) return wait(clock, pollInterval, signal)
    try {
      await Promise.race([source.changed({ index, cursor, signal }), aborted(signal)])
    } catch (error) {
      if (!signal.aborted) throw this.#wrap('a change', error)
    }
  }

  async #ask<T>(question: string, signal: AbortSignal, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.#options
    const controller = new AbortController()
    const abort = (): void => controller.abort(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', abort)
    const timer = clock.setTimeout(
      () => controller.abort(this.#wrong(question, `nothing within ${TIMEOUT / 1_000} s`)),
      TIMEOUT,
    )
    try {
      return await Promise.race([
        ask(controller.signal),
        aborted(controller.signal).then(() => {
          throw controller.signal.reason
        }),
      ])
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw this.#wrap(question, error)
    } finally {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  #wrap(question: string, error: unknown): unknown {
    if (error instanceof PawlError) return error
    const reason = error instanceof Error ? error.message : String(error)
    return new DatasourceError(
      `index "${this.#options.index}": ${this.description} was asked for ${question} and failed: ${reason}`,
      { cause: error },
    )
  }

  #wrong(question: string, answer: string): DatasourceError {
    return new DatasourceError(
      `index "${this.#options.index}": ${this.description} was asked for ${question} and answered ${answer}`,
    )
  }
}

function isBlockRef(value: unknown): value is BlockRef {
  if (typeof value !== 'object' || value === null) return false
  const { level, hash, parentHash, timestamp } = value as Partial<Record<keyof BlockRef, unknown>>
  return (
    Number.isSafeInteger(level) &&
    typeof hash === 'string' &&
    hash !== '' &&
    typeof parentHash === 'string' &&
    Number.isFinite(timestamp)
  )
}

function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ??
    String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function wait(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, delay)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
