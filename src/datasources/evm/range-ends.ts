import type { Clock } from '../../clock.ts'
import type { EvmHeader } from './evm-block.ts'

/** ms. Whoever needs one asks at once. */
const KEPT = 5_000
/** More ranges are not read at a time. */
const MOST = 16

/**
 * Headers at the ends of final ranges, which are read with the logs: Pawl asks for them next, where the level has no logs. Each is given
 * out once.
 */
export class RangeEnds {
  readonly #clock: Clock
  readonly #ends = new Map<number, { readonly header: EvmHeader; readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  keep(header: EvmHeader): void {
    this.#ends.delete(header.level)
    this.#ends.set(header.level, { header, at: this.#clock.now() })
    const [oldest] = this.#ends.keys()
    if (this.#ends.size > MOST && oldest !== undefined) this.#ends.delete(oldest)
  }

  take(level: number): EvmHeader | undefined {
    const end = this.#ends.get(level)
    this.#ends.delete(level)
    return end !== undefined && Math.abs(this.#clock.now() - end.at) < KEPT ? end.header : undefined
  }
}
