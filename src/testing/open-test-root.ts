import { createActor, type ActorRefFrom } from 'xstate'
import type { Config } from '../config/config.ts'
import type { Sql } from '../database/database.ts'
import type { PawlEvent } from '../events.ts'
import { fireHook } from '../fire-hook.ts'
import { pawl, type PawlLogic } from '../pawl.ts'
import { nextEvent } from './next-event.ts'
import { testDatabase, type TestDatabase } from './test-database.ts'

export interface TestRoot {
  readonly root: ActorRefFrom<PawlLogic>
  /** All that it emitted. */
  readonly events: readonly PawlEvent[]
  readonly database: TestDatabase
  fire(hook: string, args: Readonly<Record<string, unknown>>): Promise<void>
  /** Resolves when no durable firing runs or could run now: those that wait for confirmations stay. */
  queueAtRest(): Promise<void>
  /** Stops it, and drops the database where that is its own. */
  close(): Promise<void>
}

/** Starts a config on a test database; resolves when it is synchronized and `on_synchronized` is over. */
export async function openTestRoot(
  config: Config,
  options: { readonly database?: TestDatabase },
): Promise<TestRoot> {
  const database = options.database ?? (await testDatabase())
  const dropOwn = async (): Promise<void> => {
    if (options.database === undefined) await database.drop()
  }
  const root = createActor(pawl({ ...config, database: database.url })) as unknown as ActorRefFrom<PawlLogic>
  const events: PawlEvent[] = []
  root.on('*', (event) => void events.push(event))
  let failure: unknown
  const ended = new Promise<void>((resolve) => {
    root.subscribe({
      complete: () => resolve(),
      error: (error: unknown) => {
        failure = error
        resolve()
      },
    })
  })
  const close = async (): Promise<void> => {
    root.send({ type: 'STOP' })
    await ended
    await dropOwn()
  }
  const synchronized = nextEvent(root, 'hook.finished', ({ hook }) => hook === 'on_synchronized')
  root.start()
  try {
    await synchronized
  } catch (error) {
    await dropOwn()
    // The root's own error is what a test wants to see.
    throw failure ?? error
  }
  return {
    root,
    events,
    database,
    fire: (hook, args) => fireHook(root as never, hook as never, args as never),
    queueAtRest: async () => {
      while (await mayRun(database.sql, config.schema)) await soon(root)
    },
    close,
  }
}

/** Whether a durable firing runs, or could. One that failed and waits to be tried again could not. */
async function mayRun(sql: Sql, schema = 'public'): Promise<boolean> {
  const own = sql(schema === 'public' ? 'pawl' : `pawl_${schema}`)
  const rows = await sql`
    select from ${own}.firing f left join ${own}.index i on i.id = f.index_id
    where f.state = 'running' or f.state = 'queued' and (f.attempts = 0 or f.due_at <= clock_timestamp())
      and (f.level is null or f.reverting or i.level >= f.level + f.confirmations) limit 1`
  return rows.length > 0
}

/** ms. A firing ends with an event, but for one that is dropped without having been told of. */
const LOOK_AGAIN = 50

/** Something happened, or a moment has passed. */
function soon(root: ActorRefFrom<PawlLogic>): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer)
      subscription.unsubscribe()
      resolve()
    }
    const timer = setTimeout(over, LOOK_AGAIN)
    const subscription = root.on('*', ({ type }) => {
      if (type === 'hook.finished' || type === 'hook.failed') over()
    })
  })
}
