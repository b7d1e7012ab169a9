import type { TestContext } from 'node:test'
import postgres from 'postgres'
import { createActor, type ActorOptions, type ActorRefFrom } from 'xstate'
import { hook, pawl, type Config, type PawlEvent, type PawlLogic } from 'pawl'
import * as v from 'valibot'
import { createTestDatabase } from '../support/test-database.ts'

/** A hook that tells when it runs, and ends when it is let go. */
export function holdingHook() {
  let running = 0
  const held: (() => void)[] = []
  let waiting: { readonly count: number; readonly resolve: () => void }[] = []
  return {
    hold: hook({
      run: async () => {
        running += 1
        waiting = waiting.filter(({ count, resolve }) => count > running || resolve())
        await new Promise<void>((resolve) => held.push(resolve))
      },
    }),
    /** Resolves when so many were started, in all. */
    started: (count = 1): Promise<void> =>
      running >= count
        ? Promise.resolve()
        : new Promise((resolve) => (waiting = [...waiting, { count, resolve }])),
    letGo: (): void => {
      for (const resolve of held.splice(0)) resolve()
    },
  }
}

/** Hooks that end by themselves, one way or the other. */
export const HOOKS = {
  note: hook({
    args: { n: v.number() },
    run: async ({ sql }, { n }) => {
      await sql`insert into note (n) values (${n})`
    },
  }),
  fail: hook({
    run: () => {
      throw new Error('as it was told')
    },
  }),
}

/** Makes the table of `HOOKS.note`. */
export const on_reindex: NonNullable<Config['on_reindex']> = async ({ sql }) => {
  await sql`create table note (id int generated always as identity primary key, n int)`
}

type Root = ActorRefFrom<PawlLogic>
type Match<Event> = (event: PawlEvent) => event is PawlEvent & Event

/** All that a root emitted, and ways to wait for more of it. */
export class Emitted {
  readonly events: PawlEvent[] = []
  readonly #waiting = new Map<() => void, (error: unknown) => void>()
  #read = 0

  constructor(root: Root) {
    root.on('*', (event) => {
      this.events.push(event)
      for (const look of this.#waiting.keys()) look()
    })
    const end = (error?: unknown): void => {
      const reason = new Error('the root ended before what the test waits for', { cause: error })
      for (const refuse of this.#waiting.values()) refuse(reason)
    }
    root.subscribe({ complete: end, error: end })
  }

  /** The first event that fits, after the one that the call before found. */
  next<Type extends PawlEvent['type']>(
    type: Type,
    fits: (event: Extract<PawlEvent, { type: Type }>) => boolean = () => true,
  ): Promise<Extract<PawlEvent, { type: Type }>> {
    const match = ((event: PawlEvent) =>
      event.type === type && fits(event as Extract<PawlEvent, { type: Type }>)) as Match<{ type: Type }>
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.events.findIndex((event, index) => index >= this.#read && match(event))
        const found = this.events[at]
        if (found === undefined) return
        this.#read = at + 1
        this.#waiting.delete(look)
        resolve(found as Extract<PawlEvent, { type: Type }>)
      }
      this.#waiting.set(look, reject)
      look()
    })
  }

  /** The next time that the lifecycle is in this state. */
  async reaches(state: Extract<PawlEvent, { type: 'lifecycle' }>['state']): Promise<void> {
    await this.next('lifecycle', (event) => event.state === state)
  }

  /** The next time that it is synchronized, and `on_synchronized` is over. */
  async synchronized(): Promise<void> {
    await this.reaches('synchronized')
    await this.next('hook.finished', ({ hook }) => hook === 'on_synchronized')
  }

  /** What the lifecycle did, in the order that it did it. */
  story(): readonly string[] {
    return this.events.flatMap((event) => {
      switch (event.type) {
        case 'lifecycle':
          return [`● ${event.state}`]
        case 'hook.started':
          return event.origin.type === 'lifecycle' ? [`${event.hook} starts`] : []
        case 'hook.finished':
        case 'hook.failed':
          return event.origin.type === 'lifecycle' ? [`${event.hook} ${event.type.slice(5)}`] : []
        case 'reindex':
          return [`reindex: ${event.reason}`]
        case 'index.rolledBack':
          return [`${event.index} rolled back from ${event.fromLevel} to ${event.toLevel}`]
        default:
          return []
      }
    })
  }

  /** How the firings of this id went. */
  firing(id: string): readonly string[] {
    return this.events.flatMap((event) => ('firing' in event && event.firing === id ? [event.type] : []))
  }
}

export interface Outcome {
  readonly error?: unknown
}

/** Observes a root: what it emits, and how it ends. */
export function watch(root: Root): { readonly emitted: Emitted; readonly ended: Promise<Outcome> } {
  const ended = new Promise<Outcome>((resolve) => {
    root.subscribe({ complete: () => resolve({}), error: (error: unknown) => resolve({ error }) })
  })
  return { emitted: new Emitted(root), ended }
}

/** A root on a database of its own that has not been started; stopped after the test, whatever comes of it. */
export async function createRoot<ThisConfig extends Config>(
  t: TestContext,
  config: ThisConfig,
  options: Partial<Pick<ActorOptions<PawlLogic>, 'inspect' | 'clock'>> = {},
) {
  const stops: (() => unknown)[] = []
  // Before the database is dropped: after-hooks run in the order of registration.
  t.after(async () => {
    for (const stop of stops) await stop()
  })
  const url = config.database ?? (await createTestDatabase(t)).url
  const root = createActor(pawl({ on_reindex, ...config, database: url }), options) as unknown as Root
  const { emitted, ended } = watch(root)
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: 'test' } })
  let started = false
  const start = (): void => {
    started = true
    root.start()
  }
  const stop = (): Promise<Outcome> => {
    root.send({ type: 'STOP' })
    return ended
  }
  stops.push(
    () => started && root.getSnapshot().status === 'active' && stop(),
    () => sql.end(),
  )
  return { root, url, sql, emitted, ended, start, stop }
}

/** As `createRoot`, started and synchronized. */
export async function startRoot<ThisConfig extends Config>(
  t: TestContext,
  config: ThisConfig,
  options: Partial<Pick<ActorOptions<PawlLogic>, 'inspect' | 'clock'>> = {},
) {
  const created = await createRoot(t, config, options)
  created.start()
  await created.emitted.synchronized()
  return created
}

/** Resolves when Pawl has no connection to this database any more. */
export async function disconnected(sql: postgres.Sql): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'pawl %'`
    if (row?.count === 0) return
    // PostgreSQL tells nobody that a session has ended; its processes take a moment to.
    await sql`select pg_sleep(0.02)`
  }
  throw new Error('Pawl still has connections')
}
