import type { Database } from '../database/database.ts'
import type { FiringOrigin } from './context.ts'
import { decodeArguments } from './encode-arguments.ts'
import type { QueuedFiring } from './queued-firing.ts'

/** One whose level left the chain, and that will not run. */
export type DroppedFiring = Pick<QueuedFiring, 'id' | 'hook' | 'origin'>

/** Durable firings that have a process by their rows, and that nobody runs: it is gone, it ends, or it does not know of them. */
export class LeftFirings {
  readonly #database: Database
  readonly #process: string
  readonly #channel: string

  /** @param process the id of this one's row */
  constructor(database: Database, process: string, channel: string) {
    this.#database = database
    this.#process = process
    this.#channel = channel
  }

  /** Those that are this process's by their rows. */
  async own(): Promise<readonly string[]> {
    const { sql, ownSchema } = this.#database
    const rows = await sql<{ id: string }[]>`
      select id from ${sql(ownSchema)}.firing where worker = ${this.#process} and state in ('queued', 'running')`
    return rows.map(({ id }) => id)
  }

  /**
   * What a process had that is gone is anybody's again. What it ran may or may not have had its effect, and runs again.
   * @param own also what this process has: it ends
   * @param strays of what this process has, those that it does not know of
   * @returns those that are dropped instead: their levels left the chain while they ran
   */
  async recover({
    own = false,
    strays = [],
  }: { readonly own?: boolean; readonly strays?: readonly string[] } = {}): Promise<
    readonly DroppedFiring[]
  > {
    const { sql, ownSchema } = this.#database
    const table = sql`${sql(ownSchema)}.firing`
    const mine = sql`f.worker = ${this.#process} and (${own} or f.id = any (${strays as string[]}::text[]))`
    // A transaction that is still open has it, and will be ended with its session.
    const rows = await sql<DroppedRow[]>`
      with lost as materialized (
        select f.id, f.orphaned, f.state = 'running' and f.orphaned and not f.reverting and not f.reversible as gone from ${table} f
        where f.worker is not null and (not exists (select from ${sql(ownSchema)}.process where process.id = f.worker) or ${mine})
        for update skip locked),
      dropped as (
        delete from ${table} f using lost where f.id = lost.id and lost.gone returning f.id, f.hook, f.origin),
      freed as (
        update ${table} f set state = 'queued', worker = null, reverting = f.reverting or lost.orphaned, orphaned = false,
          key = case when lost.orphaned then null else f.key end, left_behind = f.left_behind or f.worker <> ${this.#process}
        from lost where f.id = lost.id and not lost.gone
        returning f.hook)
      select id, hook, origin, null as told from dropped
      union all
      select null, hook, null, pg_notify(${this.#channel}, hook)::text
      from (select hook from freed union select hook from dropped) waiting`
    return rows.flatMap(readDropped)
  }

  /**
   * They were noted as begun, and have not: they wait as before, for anybody.
   * @returns those that are dropped instead: their levels left the chain meanwhile
   */
  async unbegin(ids: readonly string[]): Promise<readonly DroppedFiring[]> {
    const { sql, ownSchema } = this.#database
    const table = sql`${sql(ownSchema)}.firing`
    // Locked first: a reorg may end while this waits for it.
    const rows = await sql<DroppedRow[]>`
      with waits as materialized (
        select id, orphaned from ${table}
        where id = any (${ids as string[]}::text[]) and worker = ${this.#process} and state = 'running' for update),
      dropped as (
        delete from ${table} f using waits where f.id = waits.id and waits.orphaned returning f.id, f.hook, f.origin),
      freed as (
        update ${table} f set state = 'queued', begun = false, attempts = f.attempts - 1, worker = null
        from waits where f.id = waits.id and not waits.orphaned returning f.hook)
      select id, hook, origin, null as told from dropped
      union all
      select null, hook, null, pg_notify(${this.#channel}, hook)::text from (select distinct hook from freed) freed`
    return rows.flatMap(readDropped)
  }
}

/** `id` is null in a row that tells of nothing. */
interface DroppedRow {
  readonly id: string | null
  readonly hook: string
  readonly origin: unknown
}

const readDropped = ({ id, hook, origin }: DroppedRow): readonly DroppedFiring[] =>
  id === null ? [] : [{ id, hook, origin: decodeArguments(origin) as unknown as FiringOrigin }]
