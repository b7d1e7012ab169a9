import type { Database } from '../database/database.ts'

export interface WantedSlots {
  readonly hook: string
  /** How many this process should have, or still uses. */
  readonly want: number
  /** How many there are. */
  readonly most: number
}

/** Of all schemas in all databases of a server; the number is arbitrary. */
const LOCK = 7_238_002

/** Who may run how many durable firings of a hook, in the database. */
export class LaneStore {
  readonly #database: Database
  readonly #process: string

  constructor(database: Database, process: string) {
    this.#database = database
    this.#process = process
  }

  /** The living processes that take durable firings, by hook. */
  async processes(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { sql, ownSchema } = this.#database
    const rows = await sql<{ hook: string; processes: string[] }[]>`
      select hook, array_agg(id::text) as processes
      from ${sql(ownSchema)}.process, unnest(hooks) hook
      where not draining and expires_at > clock_timestamp() group by hook`
    return new Map(rows.map(({ hook, processes }) => [hook, processes]))
  }

  /**
   * Takes what is wanted, as far as others do not have it, and gives the rest back.
   * @returns what this process has from now on
   */
  settle(wanted: readonly WantedSlots[]): Promise<ReadonlyMap<string, number>> {
    const { ownSchema } = this.#database
    return this.#database.transaction(async ({ sql }) => {
      const lane = sql`${sql(ownSchema)}.lane`
      await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${ownSchema}))`
      const granted = await sql<{ hook: string; slots: number }[]>`
        select wanted.hook, greatest(0, least(wanted.want, wanted.most - coalesce(sum(lane.slots), 0)))::int as slots
        from json_to_recordset(${JSON.stringify(wanted)}::text::json) as wanted (hook text, want int, most int)
        left join ${lane} on lane.hook = wanted.hook and lane.process <> ${this.#process}
        group by wanted.hook, wanted.want, wanted.most`
      const rows = JSON.stringify(granted)
      const given = sql`json_to_recordset(${rows}::text::json) as given (hook text, slots int)`
      await sql`
        delete from ${lane} using ${given}
        where lane.hook = given.hook and lane.process = ${this.#process} and given.slots = 0`
      await sql`
        insert into ${lane} (hook, process, slots) select hook, ${this.#process}, slots from ${given} where slots > 0
        on conflict (hook, process) do update set slots = excluded.slots`
      return new Map(granted.map(({ hook, slots }) => [hook, slots]))
    })
  }
}
