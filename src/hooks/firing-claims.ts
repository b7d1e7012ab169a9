import type { Database, Sql } from '../database/database.ts'
import { quoteName } from '../database/journal-ddl.ts'
import { storableText } from '../text/storable-text.ts'
import { claimTexts, type ClaimTexts } from './claim-texts.ts'
import { FiringNotes } from './firing-notes.ts'
import { FiringTakes, type TakenHook } from './firing-takes.ts'
import { LeftFirings } from './left-firings.ts'
import { eligibleFirings, firingColumns, readFiring, type QueuedFiring } from './queued-firing.ts'

export interface Failure {
  readonly attempts: number
  readonly error: string
  /** undefined: it is dead. */
  readonly dueAt: Date | undefined
}

/** What becomes of one that failed: its level may have left the chain meanwhile, and `reverting` is its compensation. */
export type FailedFate = 'retrying' | 'dead' | 'dropped' | 'reverting'

/** Statements under way that note begins and ends. */
const NOTES_AT_ONCE = 2

type Held = Pick<QueuedFiring, 'id' | 'hook' | 'reverting' | 'claimed'>

/**
 * The durable firings as a process sees it that runs them. Methods that take `sql` work in the caller's transaction. A process that
 * was given up, and does not know it yet, changes nothing: its firings and its lanes are not its own any more.
 */
export class FiringClaims {
  /** The channel on which it is told of hooks with something to run. */
  readonly channel: string
  readonly left: LeftFirings
  readonly #database: Database
  readonly #process: string
  readonly #texts: ClaimTexts
  readonly #notes: FiringNotes
  /** Of hooks that run one at a time: what is noted is noted in its order, so what a crash lets run again are the last ones, in theirs. */
  readonly #soleNotes: FiringNotes
  readonly #takes = new Map<string, FiringTakes>()

  /** @param process the id of its row */
  constructor(database: Database, process: string) {
    this.#database = database
    this.#process = process
    this.channel = `${database.ownSchema} firings`
    this.left = new LeftFirings(database, process, this.channel)
    this.#texts = claimTexts(quoteName(database.ownSchema))
    this.#notes = new FiringNotes(database, process, this.#texts.notes, NOTES_AT_ONCE)
    this.#soleNotes = new FiringNotes(database, process, this.#texts.notes)
  }

  /** The next firings of a hook, in their order, whether they are due or not. They stay anybody's. */
  async next(
    hook: string,
    { besides, limit }: { readonly besides: readonly string[]; readonly limit: number },
  ): Promise<readonly QueuedFiring[]> {
    const { sql } = this.#database
    const rows = await sql`
      select ${this.#columns} from ${this.#eligible(hook)} and f.id <> all (${besides as string[]}::text[])
      order by f.seq limit ${limit}`
    return rows.map((row) => readFiring(row, { claimed: false }))
  }

  /** Takes firings of a hook that are due, in their order, for this process. */
  async claim(
    hook: string,
    { limit, dueBy }: { readonly limit: number; readonly dueBy: Date },
  ): Promise<readonly QueuedFiring[]> {
    const { sql } = this.#database
    const rows = await sql`
      with found as (
        select f.id from ${this.#eligible(hook)} and f.due_at <= ${dueBy} and ${this.#hasLane(sql, hook)}
        order by f.seq limit ${limit} for update of f skip locked)
      update ${this.#table(sql)} f set worker = ${this.#process} from found where f.id = found.id
      returning ${this.#columns}, f.seq`
    return rows
      .toSorted((a, b) => Number(a['seq']) - Number(b['seq']))
      .map((row) => readFiring(row, { claimed: true }))
  }

  /**
   * The next firing of a hook that is due, taken for this process, which has no slots of it. undefined: none may run now. Whoever ends
   * one (`finish`) and asks for the next at the same time pays for one commit.
   */
  take(hook: TakenHook, dueBy: Date): Promise<QueuedFiring | undefined> {
    let takes = this.#takes.get(hook.name)
    if (takes === undefined) {
      takes = new FiringTakes(this.#database, this.#process, this.#texts.take, hook)
      this.#takes.set(hook.name, takes)
    }
    return takes.next(dueBy)
  }

  /** Gives claimed firings back that were not begun. */
  async release(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const { sql } = this.#database
    await sql`
      with freed as (
        update ${this.#table(sql)} set worker = null
        where id = any (${ids as string[]}::text[]) and worker = ${this.#process} and state = 'queued' returning hook)
      select pg_notify(${this.channel}, hook) from (select distinct hook from freed) freed`
  }

  /** When the first of a hook is due, of those that wait to be tried again. */
  async nextDue(hook: string): Promise<Date | undefined> {
    const { sql } = this.#database
    const [row] = await sql<{ due: Date | null }[]>`select min(f.due_at) as due from ${this.#eligible(hook)}`
    return row?.due ?? undefined
  }

  /** Locks it until the end of the transaction that it runs in, for `finishing`. false: it is gone, or not this process's any more. */
  async lock(sql: Sql, firing: Held): Promise<boolean> {
    const { lockClaimed, lockOfLane } = this.#texts
    const rows = await this.#ofHeld(sql, firing, { claimed: lockClaimed, ofLane: lockOfLane })
    return rows.length > 0
  }

  /**
   * Counts its run before it begins, for it may end its process, as one before it may have. Of an atomic hook: `begin` does it for
   * others. false: it is gone, or not this process's any more.
   */
  async count(firing: Held): Promise<boolean> {
    const { countClaimed, countOfLane } = this.#texts
    const texts = { claimed: countClaimed, ofLane: countOfLane }
    return (await this.#ofHeld(this.#database.sql, firing, texts)).count > 0
  }

  /** Notes that it runs, before it does. false: it is gone, or not this process's any more. */
  begin(firing: Held): Promise<boolean> {
    return this.#notesOf(firing).begin(firing)
  }

  /** Is it there, though `lock` or `begin` did not find it? Then another process has it. */
  async exists(id: string): Promise<boolean> {
    const { sql } = this.#database
    const rows =
      await sql`select from ${this.#table(sql)} where id = ${id} and state in ('queued', 'running')`
    return rows.length > 0
  }

  /** It has run. */
  finish(firing: Held): Promise<void> {
    return (this.#takes.get(firing.hook) ?? this.#notesOf(firing)).end(firing)
  }

  /** What `finish` does, for the one that `lock` has locked, as a statement for the end of that transaction. */
  get finishing(): string {
    return this.#texts.finish
  }

  /**
   * It failed. One whose level left the chain while it ran is dropped, or queued for its compensation where it may have had its
   * effect.
   * @returns what became of it; undefined: it is gone, or not this process's any more
   */
  async fail(
    { id }: Pick<QueuedFiring, 'id'>,
    { attempts, error, dueAt }: Failure,
  ): Promise<FailedFate | undefined> {
    const { sql } = this.#database
    const table = this.#table(sql)
    // Locked first: a reorg may end while this waits for it.
    const [row] = await sql<{ fate: FailedFate }[]>`
      with was as materialized (
        select id, orphaned, orphaned and not reverting and not (begun and reversible) as gone from ${table}
        where id = ${id} and (worker is null or worker = ${this.#process}) and state in ('queued', 'running') for update),
      dropped as (
        delete from ${table} f using was where f.id = was.id and was.gone returning 'dropped' as fate),
      kept as (
        update ${table} f set
          state = case when ${dueAt !== undefined} or was.orphaned then 'queued' else 'dead' end,
          reverting = f.reverting or was.orphaned, key = case when was.orphaned then null else f.key end,
          attempts = case when was.orphaned then 0 else ${attempts} end, error = ${storableText(error)},
          due_at = case when was.orphaned then 'epoch' else coalesce(${dueAt ?? null}, f.due_at) end,
          orphaned = false, worker = null
        from was where f.id = was.id and not was.gone
        returning case when was.orphaned then 'reverting' when f.state = 'queued' then 'retrying' else 'dead' end as fate)
      select fate from dropped union all select fate from kept`
    return row?.fate
  }

  /**
   * The hooks that have firings in the queue.
   * @param tell also the other processes
   */
  async waiting({ tell }: { readonly tell: boolean }): Promise<readonly string[]> {
    const { sql, ownSchema } = this.#database
    // From one hook to the next by the index: there may be many firings of each.
    const rows = await sql<{ hook: string }[]>`
      with recursive waiting as (
        (select hook from ${sql(ownSchema)}.firing where state = 'queued' order by hook limit 1)
        union all
        select (select f.hook from ${sql(ownSchema)}.firing f where f.state = 'queued' and f.hook > waiting.hook
          order by f.hook limit 1) from waiting where waiting.hook is not null)
      select hook, ${tell ? sql`pg_notify(${this.channel}, hook)` : sql`null`} as told from waiting where hook is not null`
    return rows.map(({ hook }) => hook)
  }

  /** Those that wait for anybody, and have their confirmations. */
  #eligible(hook: string) {
    const { sql, ownSchema } = this.#database
    return eligibleFirings(sql, ownSchema, sql`${hook}`)
  }

  #ofHeld(
    sql: Sql,
    { id, hook, reverting, claimed }: Held,
    texts: { readonly claimed: string; readonly ofLane: string },
  ) {
    const args = [id, this.#process, reverting]
    return claimed
      ? sql.unsafe(texts.claimed, args, { prepare: true })
      : sql.unsafe(texts.ofLane, [...args, hook], { prepare: true })
  }

  #hasLane(sql: Sql, hook: string) {
    return sql`exists (
      select from ${sql(this.#database.ownSchema)}.lane where lane.hook = ${hook} and lane.process = ${this.#process})`
  }

  #notesOf({ claimed }: Held): FiringNotes {
    return claimed ? this.#notes : this.#soleNotes
  }

  #table(sql: Sql) {
    return sql`${sql(this.#database.ownSchema)}.firing`
  }

  get #columns() {
    return firingColumns(this.#database.sql)
  }
}
