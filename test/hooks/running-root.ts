import { type TestContext } from 'node:test'
import postgres from 'postgres'
import { createActor, type ActorRefFrom } from 'xstate'
import { pawl, type PawlEvent, type PawlLogic } from 'pawl'
import type { Config, HookConfigs, IndexConfigs, JobConfigs } from '../../src/config/config.ts'
import { createMigratedDatabase } from '../support/test-database.ts'

type EventOf<Type extends PawlEvent['type']> = Extract<PawlEvent, { readonly type: Type }>

/** A whole root on a database of its own, and all that it told. */
export interface RunningRoot {
  readonly root: ActorRefFrom<PawlLogic<HookConfigs>>
  readonly url: string
  /** A connection beside Pawl's. */
  readonly sql: postgres.Sql
  readonly events: readonly PawlEvent[]
  /** The first event of this type that fits, also one that came already. Rejects when the root ends without it. */
  event<Type extends PawlEvent['type']>(
    type: Type,
    fits?: (event: EventOf<Type>) => boolean,
  ): Promise<EventOf<Type>>
  state(state: EventOf<'lifecycle'>['state']): Promise<unknown>
  /** Asks it to stop; resolves with its last status when it has ended. */
  stop(): Promise<'done' | 'error'>
  /** Its end, whoever asked for it. */
  readonly ended: Promise<'done' | 'error'>
}

/** Starts a root, on a database of its own where none is given; it is stopped after the test. */
export async function startRoot(
  t: TestContext,
  config: Omit<Config<IndexConfigs, HookConfigs, JobConfigs>, 'database'>,
  database?: { readonly url: string },
): Promise<RunningRoot> {
  const { url } = database ?? (await createMigratedDatabase(t))
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  t.after(() => sql.end())
  const root = createActor(
    pawl({ ...config, database: url } as Config<IndexConfigs, HookConfigs, JobConfigs>),
  )
  const events: PawlEvent[] = []
  const waiting = new Set<() => void>()
  const wake = (): void => [...waiting].forEach((look) => look())
  root.on('*', (event) => {
    events.push(event)
    wake()
  })
  const ended = new Promise<'done' | 'error'>((resolve) => {
    root.subscribe({ complete: () => resolve('done'), error: () => resolve('error') })
  })
  void ended.then(wake)

  const event: RunningRoot['event'] = (type, fits = () => true) => {
    const found: ReturnType<typeof event<typeof type>> = new Promise((resolve, reject) => {
      let at = 0
      const isIt = (candidate: PawlEvent): candidate is EventOf<typeof type> =>
        candidate.type === type && fits(candidate as EventOf<typeof type>)
      const look = (): void => {
        // Each event once: hundreds wait for some of thousands.
        const found = events.slice(at).find(isIt)
        at = events.length
        if (found === undefined && root.getSnapshot().status === 'active') return
        waiting.delete(look)
        if (found !== undefined) resolve(found)
        else reject(root.getSnapshot().error ?? new Error(`the root ended without ${type}`))
      }
      waiting.add(look)
      look()
    })
    // Of two that may come, a test often waits for the one.
    found.catch(() => {})
    return found
  }
  const stop = (): Promise<'done' | 'error'> => {
    if (root.getSnapshot().status === 'active') root.send({ type: 'STOP' })
    return ended
  }
  t.after(stop)
  root.start()
  return {
    root,
    url,
    sql,
    events,
    event,
    state: (state) => event('lifecycle', (entered) => entered.state === state),
    stop,
    ended,
  }
}
