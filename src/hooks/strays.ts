import { recoverFirings } from './recover-firings.ts'

/** ms. The answer to a claim may still be on its way: a session that is silent for as long is given up. */
const PATIENCE = 5_000

/**
 * Firings that are this process's by their rows, and that it does not know of: the answer to a claim was lost with its session, or
 * what became of a run could not be stored. As long as the process lives, nobody else would take them.
 */
export class Strays {
  readonly #options: Parameters<typeof recoverFirings>[0]
  /** Since when each was seen as one. */
  #seen: ReadonlyMap<string, number> = new Map()

  constructor(options: Parameters<typeof recoverFirings>[0]) {
    this.#options = options
  }

  /**
   * Makes those anybody's that have been ones for long enough.
   * @param known what this process has, as it knows now
   */
  async free(known: () => ReadonlySet<string>): Promise<void> {
    const own = await this.#options.claims.left.own()
    const has = known()
    const now = performance.now()
    const seen = own.filter((id) => !has.has(id)).map((id) => [id, this.#seen.get(id) ?? now] as const)
    this.#seen = new Map(seen)
    const strays = seen.filter(([, since]) => now - since >= PATIENCE).map(([id]) => id)
    if (strays.length > 0) await recoverFirings(this.#options, { strays })
  }
}
