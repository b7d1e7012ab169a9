import { checkIndexAlone } from '../config/check-indexes.ts'
import type { IndexConfig, IndexConfigs } from '../config/config.ts'
import type { Database } from '../database/database.ts'
import type { Datasource } from '../datasources/datasource.ts'
import { ConfigurationError, UnknownIndexError } from '../errors.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Follower } from '../indexing/follower.ts'
import { didYouMean, listWords } from '../text/did-you-mean.ts'
import { neverContacted } from './first-contact.ts'
import { mayPass } from './may-pass.ts'

export interface IndexRegistryOptions {
  readonly database: Database
  readonly createFollower: (name: string, config: IndexConfig) => Follower
  /** Why none can be added or removed here; undefined: they can. */
  readonly refusal: () => Error | undefined
  /** No index runs, so that one can be put in the place of another: `on_restart` is fired. */
  readonly isStarting: () => boolean
  /** @throws ReindexRequiredError where they are not what was indexed before */
  readonly check: (indexes: IndexConfigs) => Promise<void>
  /** Tells the indexer's chart, which starts and ends them. */
  readonly onAdded: (index: string) => void
  readonly onRemoved: (index: string) => void
}

interface Entry {
  readonly config: IndexConfig
  /** While it runs, and not by the config. */
  readonly isAdded: boolean
  readonly follower: Follower
}

/** The indexes of a running root: those of the config, and those that were added since. */
export class IndexRegistry {
  readonly #options: IndexRegistryOptions
  readonly #entries = new Map<string, Entry>()
  /** Names that are being added. */
  readonly #coming = new Set<string>()

  constructor(options: IndexRegistryOptions, configs: Readonly<Record<string, IndexConfig>>) {
    this.#options = options
    for (const [name, config] of Object.entries(configs)) this.#enter(name, config)
  }

  get followers(): readonly Follower[] {
    return [...this.#entries.values()].map(({ follower }) => follower)
  }

  get datasources(): Readonly<Record<string, Datasource>> {
    return this.#record(({ config }) => config.datasource)
  }

  get configs(): IndexConfigs {
    return this.#record(({ config }) => config)
  }

  get statuses(): Readonly<Record<string, IndexStatus>> {
    return this.#record(({ follower }) => follower.status)
  }

  follower(name: string): Follower | undefined {
    return this.#entries.get(name)?.follower
  }

  /**
   * Contacts the datasource, then has the index started. One that was indexed before may be down now, as at a start. While
   * `on_restart` is fired, also again, it takes the place of one that was added before by that name.
   * @throws ConfigurationError, DatasourceError, ChainMismatchError, ReindexRequiredError, RoleError
   */
  async add(name: string, config: IndexConfig, signal: AbortSignal): Promise<void> {
    this.#refuse()
    const issues = checkIndexAlone(name, config)
    if (issues.length > 0) throw new ConfigurationError(issues)
    const before = this.#entries.get(name)
    const mayReplace = before === undefined || (before.isAdded && this.#options.isStarting())
    if (!mayReplace || this.#coming.has(name)) {
      throw new ConfigurationError([
        {
          path: `indexes.${name}`,
          message: 'there is an index of this name: choose another, or remove that one first',
        },
      ])
    }
    this.#coming.add(name)
    try {
      const entry = { config, isAdded: true, follower: this.#options.createFollower(name, config) }
      const isKnown = !Object.hasOwn(await neverContacted(this.#options.database, { [name]: config }), name)
      await entry.follower.prepare(signal).catch((error: unknown) => {
        if (!(isKnown && mayPass(error))) throw error
      })
      await this.#options.check({ [name]: config })
      this.#entries.set(name, entry)
      void closeUnused(before?.config.datasource, Object.values(this.datasources))
    } finally {
      this.#coming.delete(name)
    }
    this.#options.onAdded(name)
  }

  /** Has an index of the config started here: who followed it is gone. */
  takeOver(name: string, config: IndexConfig): void {
    if (this.#entries.has(name)) return
    this.#enter(name, config)
    this.#options.onAdded(name)
  }

  /** @throws UnknownIndexError, RoleError */
  remove(name: string): void {
    this.#refuse()
    if (!this.#entries.has(name)) {
      const names = [...this.#entries.keys()]
      throw new UnknownIndexError(`there is no index "${name}"${didYouMean(name, names)}`, {
        hint: names.length === 0 ? 'There are no indexes.' : `There are ${listWords(names)}.`,
      })
    }
    this.#options.onRemoved(name)
  }

  /** It has ended. */
  forget(name: string): void {
    const entry = this.#entries.get(name)
    this.#entries.delete(name)
    void closeUnused(entry?.config.datasource, Object.values(this.datasources))
  }

  /**
   * Never rejects, and waits no longer than this: a datasource is the user's, and may never answer.
   * @param limit in ms
   * @returns the indexes whose datasources have not closed by then
   */
  async closeDatasources(limit: number): Promise<readonly string[]> {
    const open = new Map(Object.entries(this.datasources))
    const sources = new Set(open.values())
    const closing = [...sources].map(async (source) => {
      await Promise.allSettled([(async () => source.close?.())()])
      for (const [name, of] of open) if (of === source) open.delete(name)
    })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => (timer = setTimeout(resolve, limit)))
    await Promise.race([Promise.all(closing), late])
    clearTimeout(timer)
    return [...open.keys()]
  }

  #refuse(): void {
    const refusal = this.#options.refusal()
    if (refusal !== undefined) throw refusal
  }

  #enter(name: string, config: IndexConfig): void {
    this.#entries.set(name, { config, isAdded: false, follower: this.#options.createFollower(name, config) })
  }

  #record<T>(of: (entry: Entry) => T): Readonly<Record<string, T>> {
    return Object.fromEntries([...this.#entries].map(([name, entry]) => [name, of(entry)]))
  }
}

/** Indexes may share a datasource. Nobody waits for its end. */
async function closeUnused(source: Datasource | undefined, used: readonly Datasource[]): Promise<void> {
  if (source === undefined || used.includes(source)) return
  await Promise.allSettled([(async () => source.close?.())()])
}
