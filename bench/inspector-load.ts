// A root with 50 indexes and 1,000 jobs, in a process of its own: prints what catching up took as JSON. Started by inspector.ts.
import { createActor } from 'xstate'
import { hook, pawl } from 'pawl'
import { simulateChain } from 'pawl/testing'

/** What `inspector.ts` asks for. */
export interface InspectedLoad {
  readonly database: string
  /** `off`: no inspector. `idle`: one that nobody looks at. */
  readonly inspector: 'off' | 'idle' | 'viewed'
}

export interface InspectedLoadResult {
  /** Levels a second of all indexes together. */
  readonly levels: number
  /** Events a second that were emitted meanwhile. */
  readonly events: number
  /** ms of this process a level. */
  readonly cpu: number
}

const INDEXES = 50
const LEVELS = 60
/** Each once in two seconds: 500 firings a second, with three events each. */
const JOBS = 1_000
const EVERY = 2

const { database, inspector } = JSON.parse(process.argv[2] ?? '') as InspectedLoad
const chains = Array.from({ length: INDEXES }, (_, seed) => simulateChain({ seed, length: 1, finality: 10 }))
// Spread evenly; begun when all is ready.
const start = (at: number): Date => new Date(Date.now() + 3_000 + (at * EVERY * 1_000) / JOBS)
let viewed = (): void => {}
const looked = new Promise<void>((resolve) => (viewed = resolve))

const root = createActor(
  pawl({
    database,
    ...(inspector === 'off'
      ? {}
      : { inspector: { port: 0, onOpen: (url: string) => void process.send?.({ url }) } }),
    hooks: { empty: hook({ run() {} }) },
    jobs: Object.fromEntries(
      Array.from({ length: JOBS }, (_, at) => [
        `job_${at}`,
        { hook: 'empty' as const, interval: EVERY, start: start(at) },
      ]),
    ),
    on_reindex: async ({ sql }) =>
      void (await sql`create table seen (index int, level int, primary key (index, level))`),
    indexes: Object.fromEntries(
      chains.map((chain, at) => [
        `index_${at}`,
        {
          datasource: chain.datasource(),
          handler: async (ctx, { level }) => void (await ctx.sql`insert into seen values (${at}, ${level})`),
        },
      ]),
    ),
  }),
)
let events = 0
root.on('*', () => (events += 1))
const reached = (level: number): Promise<unknown> =>
  new Promise<void>((resolve) => {
    const waiting = new Set(chains.map((_, at) => `index_${at}`))
    const listening = root.on('index.progress', (event) => {
      if (event.level < level || !waiting.delete(event.index) || waiting.size > 0) return
      listening.unsubscribe()
      resolve()
    })
  })
const fired = (): Promise<void> =>
  new Promise((resolve) => {
    const listening = root.on('job.fired', () => {
      listening.unsubscribe()
      resolve()
    })
  })

process.on('message', () => viewed())
const [atStart, firing] = [reached(0), fired()]
root.start()
await Promise.all([atStart, firing])
if (inspector === 'viewed') {
  process.send?.({ look: true })
  await looked
}

// Head by head, as live: a transaction a level, journalled, and all machines at work.
const [began, before, cpu] = [performance.now(), events, process.cpuUsage()]
const last = chains[0]?.head.level ?? 0
for (let level = 1; level <= LEVELS; level += 1) {
  const done = reached(last + level)
  for (const chain of chains) chain.extend()
  await done
}
const took = performance.now() - began
const { user, system } = process.cpuUsage(cpu)
const result: InspectedLoadResult = {
  levels: (LEVELS * INDEXES * 1_000) / took,
  events: ((events - before) * 1_000) / took,
  cpu: (user + system) / 1_000 / (LEVELS * INDEXES),
}
process.send?.({ result })
root.subscribe({ complete: () => process.disconnect() })
root.send({ type: 'STOP' })
