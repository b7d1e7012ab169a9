/** A block, as far as following a chain needs to know it. */
export interface BlockRef {
  /** The block's number (height) on its chain. */
  readonly level: number
  readonly hash: string
  readonly parentHash: string
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly timestamp: number
}

/** What a datasource is told with every call. */
export interface DatasourceCall {
  /** The index that asks: for sources that keep a position of their own for each. */
  readonly index: string
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** For what should not go unseen and is no error: a node that is away while another one answers. */
  readonly note?: (message: string) => void
}

/**
 * Where blocks come from. Small, so that users can write their own: Pawl does batching, prefetching, linking by parent
 * hash, finding the common ancestor, retrying with back-off.
 *
 * A method that cannot answer throws; a `DatasourceError` with `retriable: false` stops the index, anything else is
 * tried again. Once `signal` is aborted every method soon rejects, with `signal.reason`.
 */
export interface Datasource<Block extends BlockRef = BlockRef> {
  /** What it is, for people: `evm http://localhost:8545`. Never holds a secret. */
  readonly description: string
  /**
   * What it delivers, and not where from: JSON. Another than the one that was indexed before is `config_modified`. Left out:
   * not compared.
   */
  readonly selection?: Readonly<Record<string, unknown>>
  /**
   * Why its blocks cannot be kept for another index, or a later run, of the same selection: what the selection does not tell decides what is
   * in them. Left out: they can.
   */
  readonly uncacheable?: string
  /** What chain it serves (`evm:1`): compared with the one indexed before. */
  chain?(call: DatasourceCall): Promise<string>
  /**
   * The newest block there is; `cursor` is the last block that the index has (undefined: none). May be lower than one
   * told before, and on another branch.
   */
  head(call: DatasourceCall & { readonly cursor: BlockRef | undefined }): Promise<BlockRef>
  /**
   * The blocks from level `from` to level `to`, both included, in order. Levels without data that matters may be left
   * out at or below `finalized`; above it every level is there, so that they can be linked. The answer ends early where
   * the chain does: it may have become shorter since `head()` told of `to`.
   */
  blocks(
    from: number,
    to: number,
    call: DatasourceCall & { readonly finalized: number },
  ): Promise<readonly Block[]>
  /**
   * The same levels without what is in their blocks, none left out: asked for where hashes are compared, at a start and when a reorg
   * is looked for. Left out: `blocks()` is asked.
   */
  refs?(from: number, to: number, call: DatasourceCall): Promise<readonly BlockRef[]>
  /**
   * The highest level that no reorg can take off; below the first level: none. Left out, or answering undefined: the
   * source cannot tell, and `finality` levels below the head counts. One that told once is asked again until it does.
   */
  finalized?(call: DatasourceCall): Promise<number | undefined>
  /**
   * Resolves when there may be another head than the one that `head()` last told this index of – at once where that has
   * already happened. Left out: Pawl asks `head()` once a second.
   */
  changed?(call: DatasourceCall & { readonly cursor: BlockRef | undefined }): Promise<void>
  /**
   * False: the source itself is still behind the chain, so the index is not synchronized when it has reached `head()`; asked
   * again when `changed()` resolves. Left out: true.
   */
  caughtUp?(call: DatasourceCall & { readonly cursor: BlockRef | undefined }): Promise<boolean>
  /**
   * The most ms that one call may take, for a source that has limits of its own for what it asks in it: those say more. Left out, or
   * less: 30,000.
   */
  readonly timeout?: number
  /** Roughly what a block takes in memory, in bytes: how many are read ahead depends on it. Left out: 8,000. */
  bytesOf?(block: Block): number
  close?(): Promise<void>
}
