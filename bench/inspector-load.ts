// A root with 50 indexes and 1,000 jobs, in a process of its own: prints what a fixed load takes as JSON. Started by inspector.ts.
import { createActor } from 'xstate'
import { hook, pawl } from 'pawl'
import { simulateChain } from 'pawl/testing'

/** What `inspector.ts` asks for. */
export interface InspectedLoad {
  readonly database: string
  readonly inspector: boolean
  /** In turns somebody looks, and nobody does: so many times. 0: nobody ever does. */
  readonly looks: number
}

export interface InspectedLoadResult {
  /** Events a second that were emitted. */
  readonly events: number
  /** ms of this process a second, while nobody looks: before each look, and after the last. */
  readonly alone: readonly number[]
  /** While somebody looks. */
  readonly looked: readonly number[]
}

const INDEXES = 50
/** Heads of each chain in one turn, and how many ms lie between them: as fast a chain as there is. */
const HEADS = 12
const HEAD_EVERY = 250
/** Each once in two seconds: 500 firings a second, with three events each. */
const JOBS = 1_000
const EVERY = 2

const { database, inspector, looks } = JSON.parse(process.argv[2] ?? '') as InspectedLoad
const chains = Array.from({ length: INDEXES }, (_, seed) => simulateChain({ seed, length: 1, finality: 10 }))
// Spread evenly; begun when all is ready.
const start = (at: number): Date => new Date(Date.now() + 3_000 + (at * EVERY * 1_000) / JOBS)

const root = createActor(
  pawl({
    database,
    ...(inspector ? { inspector: { port: 0, onOpen: (url: string) => void process.send?.({ url }) } } : {}),
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
const asked = (look: boolean): Promise<void> =>
  new Promise((resolve) => {
    process.once('message', () => resolve())
    process.send?.({ look })
  })

/** Head by head, as live: a transaction a level, journalled, and all machines at work. @returns ms of CPU a second */
async function turn(): Promise<number> {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  for (let at = 1; at <= HEADS; at += 1) {
    const done = reached((chains[0]?.head.level ?? 0) + 1)
    for (const chain of chains) chain.extend()
    await done
    const rest = began + at * HEAD_EVERY - performance.now()
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest))
  }
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / (performance.now() - began)
}

const [atStart, firing] = [reached(0), fired()]
root.start()
await Promise.all([atStart, firing])
// Until what is used has been compiled.
await turn()
const [began, before] = [performance.now(), events]
const [alone, looked]: [number[], number[]] = [[await turn()], []]
if (looks === 0) for (let more = 0; more < 4; more += 1) alone.push(await turn())
for (let look = 0; look < looks; look += 1) {
  await asked(true)
  looked.push(await turn())
  await asked(false)
  alone.push(await turn())
}
const result: InspectedLoadResult = {
  events: ((events - before) * 1_000) / (performance.now() - began),
  alone,
  looked,
}
process.send?.({ result })
root.subscribe({ complete: () => process.disconnect() })
root.send({ type: 'STOP' })
