import type { AskElsewhere, FleetPhase } from '../../machines/watcher.machine.ts'
import type { Database } from '../database/database.ts'
import type { Membership, Party } from '../database/membership.ts'
import type { IndexStatus } from '../hooks/context.ts'
import type { Logger } from '../logger.ts'
import { ALL_INDEXES, leaseOf } from './index-leases.ts'

export interface FleetOptions {
  readonly database: Database
  readonly membership: Membership
  readonly logger: Logger
  /** Of the config: without all of them nothing is synchronized. */
  readonly indexes: readonly string[]
}

interface IndexRow {
  readonly name: string
  readonly level: bigint | null
  readonly synchronized: boolean
  readonly orphaned_from: bigint | null
  readonly followed: boolean
}

/** What all processes on this database come to, as one of them sees it: read after each heartbeat, and when another tells. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #party: Party = { beat: () => void this.look() }
  readonly #listeners = new Set<(phase: FleetPhase) => void>()
  /** Takes what other processes ask for; undefined: this one cannot. */
  #take: ((ask: AskElsewhere) => void) | undefined
  #phase: FleetPhase = 'unmade'
  #indexes: Readonly<Record<string, IndexStatus>> = {}
  #looking: Promise<void> | undefined
  #entered = false
  /** One after the other: the last that is noted is what is so. */
  #noting: Promise<void> = Promise.resolve()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Of the indexes that any process follows, or followed. */
  get indexes(): Readonly<Record<string, IndexStatus>> {
    return this.#indexes
  }

  get phase(): FleetPhase {
    return this.#phase
  }

  /** Idempotent. @throws what the database does */
  async enter(): Promise<void> {
    this.#entered = true
    await this.#options.membership.enter(this.#party)
  }

  /** This process follows these indexes from now on: where they stood before says nothing. */
  async begin(indexes: readonly string[]): Promise<void> {
    if (indexes.length === 0) return
    const { sql, ownSchema } = this.#options.database
    const own = sql(ownSchema)
    await sql`
      with before as (delete from ${own}.lifecycle where key = 'synchronized')
      update ${own}.index set synchronized = false
      where synchronized and name = any (${indexes as string[]}::text[])`
  }

  /** Idempotent. */
  async leave(): Promise<void> {
    this.#entered = false
    await this.#looking
    await this.#options.membership.leave(this.#party)
  }

  /** Hears the phase now and whenever it changes. */
  listen(listener: (phase: FleetPhase) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#phase)
    void this.look()
    return () => void this.#listeners.delete(listener)
  }

  /** This process can do what others ask for. */
  takeAsks(take: (ask: AskElsewhere) => void): void {
    this.#take = take
  }

  /** An index that this process follows is at its head, or is not any more. */
  note(index: string, synchronized: boolean): Promise<void> {
    this.#noting = this.#noting.then(() => this.#note(index, synchronized))
    return this.#noting
  }

  async #note(index: string, synchronized: boolean): Promise<void> {
    const { database, membership, logger } = this.#options
    const { sql, ownSchema } = database
    const own = sql(ownSchema)
    try {
      // Who was expelled by a wipe, or lost its lease, may hear of it late: what it says of an index is of no use to who has it.
      await sql`
        with ours as (
          select from ${own}.lease
          where holder = ${membership.holder.name} and name in (${ALL_INDEXES}, ${leaseOf(index)})),
        before as (
          delete from ${own}.lifecycle where key = 'synchronized' and not ${synchronized} and exists (select from ours)),
        noted as (
          update ${own}.index set synchronized = ${synchronized}
          where name = ${index} and synchronized <> ${synchronized} and exists (select from ours) returning name)
        select pg_notify(${membership.channel}, name) from noted`
    } catch (error) {
      // The next change is written; and who cannot write it has no index that goes on.
      logger.debug('where an index stands could not be noted', { index, error })
    }
  }

  /**
   * Of the processes that find all indexes at their heads, one has this to tell, until an index is not.
   * @param options `again`: it failed to tell what it claimed before
   * @throws what the database does
   */
  async claimSynchronized({ again }: { readonly again: boolean }): Promise<boolean> {
    const { database, indexes, membership } = this.#options
    const { sql, ownSchema } = database
    const own = sql(ownSchema)
    await this.#noting
    const { count } = await sql`
      insert into ${own}.lifecycle (key, value)
      select 'synchronized', to_jsonb(${membership.id}::text)
      where not exists (
        select from unnest(${indexes as string[]}::text[]) name left join ${own}.index i using (name)
        where i.synchronized is not true)
      on conflict (key) do update set at = now() where ${again} and lifecycle.value = excluded.value`
    return count > 0
  }

  /** Leaves word for a process that indexes: one of them takes it. */
  async ask(ask: AskElsewhere): Promise<void> {
    const { database, membership } = this.#options
    const { sql, ownSchema } = database
    await sql`
      with asked as (
        insert into ${sql(ownSchema)}.lifecycle (key, value) values ('asked', ${sql.json(ask as never)})
        on conflict (key) do update set value = excluded.value
        where lifecycle.value ->> 'type' <> 'REINDEX' returning key)
      select pg_notify(${membership.channel}, key) from asked`
  }

  /** Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        this.#options.logger.debug('where the other processes stand cannot be read yet', { error })
      })
      .finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #look(): Promise<void> {
    const { sql, ownSchema } = this.#options.database
    const own = sql(ownSchema)
    const [state] = await sql<{ made: boolean; asked: boolean }[]>`
      select exists (select from ${own}.lifecycle where key = 'reindexed') as made,
        exists (select from ${own}.lifecycle where key = 'asked') as asked`
    const rows = await sql<IndexRow[]>`
      select i.name, i.level, i.synchronized, i.orphaned_from, exists (
        select from ${own}.lease l
        where l.name in ('indexer', 'indexer:' || i.name) and l.expires_at > clock_timestamp()) as followed
      from ${own}.index i`
    if (!this.#entered) return
    this.#indexes = Object.fromEntries(rows.map((row) => [row.name, statusOf(row)]))
    this.#setPhase(state?.made === true)
    if (state?.asked === true && this.#take !== undefined) await this.#takeAsked(this.#take)
  }

  async #takeAsked(take: (ask: AskElsewhere) => void): Promise<void> {
    const { sql, ownSchema } = this.#options.database
    const rows = await sql<{ value: AskElsewhere }[]>`
      delete from ${sql(ownSchema)}.lifecycle where key = 'asked' returning value`
    for (const { value } of rows) take(value)
  }

  #setPhase(made: boolean): void {
    const every = this.#options.indexes.every((name) => this.#indexes[name]?.synchronized === true)
    const phase = made ? (every ? 'synchronized' : 'syncing') : 'unmade'
    if (phase === this.#phase) return
    this.#phase = phase
    for (const listener of this.#listeners) listener(phase)
  }
}

const statusOf = ({
  name,
  level,
  synchronized,
  orphaned_from: orphaned,
  followed,
}: IndexRow): IndexStatus => ({
  name,
  level: level === null ? undefined : Number(level),
  head: undefined,
  synchronized: synchronized && followed,
  orphanedFrom: orphaned === null ? undefined : Number(orphaned),
})
