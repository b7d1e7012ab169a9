import type { IndexConfig } from '../config/config.ts'
import type { BlockRef } from '../datasources/datasource.ts'

export interface ReindexOptions {
  /**
   * Durable firings whose `key` has run before run again when they are fired again. Default: false, they do not.
   */
  readonly redeliver?: boolean
}

/** What callbacks can ask of the lifecycle. Each is carried out at a level boundary, so nothing of it waits for the callback. */
export interface LifecycleControl {
  /**
   * Wipes what was indexed (immune tables stay) and starts again, as soon as the levels in flight have ended; also when the
   * callback fails. While a reindex is under way it is that one.
   */
  reindex(options?: ReindexOptions): void
  /** Ends the indexes at a level boundary, and begins again with `on_restart`. The process stays, and what runs beside the indexes. */
  restart(): void
  /**
   * Adds an index while Pawl runs. When it resolves, the datasource was contacted, and the index starts; one that was there
   * before goes on where it stood. It lasts as long as the process: add it in `on_restart`, and it is there after each start.
   * There it takes the place of one that was added before, for `on_restart` may be fired again in the same process.
   * @throws ConfigurationError for a name that is taken or a config that is wrong; DatasourceError, ChainMismatchError
   */
  addIndex<Block extends BlockRef>(name: string, config: IndexConfig<Block>): Promise<void>
  /**
   * Ends an index at its next level boundary. Its rows and where it stood stay. One of the config is there again at the next start.
   * @throws UnknownIndexError
   */
  removeIndex(name: string): void
}
