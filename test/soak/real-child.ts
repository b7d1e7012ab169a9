// Pawl under observation, in real time: its parent has the chain and asks for samples. `real-child.js <database url>`.
import { createActor } from 'xstate'
import { pawl, type PawlEvent } from 'pawl'
import { lateness } from './lateness.ts'
import { measureProcess } from './measure-process.ts'
import { remoteChain } from './remote-chain.ts'
import { soakLogger } from './soak-logger.ts'
import { soakProject } from './soak-project.ts'

const BLOCK_EVERY = 3_000
/** One in so many blocks is a reorg. */
const REORG_IN = 10
const DEEPEST = 6
const VIEWER_STAYS = 45_000
const VIEWER_EVERY = 120_000

const [database = ''] = process.argv.slice(2)
const chain = remoteChain()
const root = createActor(
  pawl({
    ...soakProject(chain.datasource),
    database,
    logger: soakLogger,
    monitoring: { port: 0 },
    inspector: { port: 0, onOpen: (page) => process.send?.({ page }) },
    jobs: {
      ten_seconds: { hook: 'tick', interval: 10, args: { name: 'ten_seconds' } },
      quarter: { hook: 'tick', crontab: '*/15 * * * * *', args: { name: 'quarter' } },
      minutely: { hook: 'trim', crontab: '* * * * *' },
      flaky: { hook: 'flaky', interval: 30, retry: { attempts: 2, delay: 1 } },
      durable: { hook: 'tick', interval: 20, args: { name: 'durable' }, wait: false },
      daemon: { hook: 'stay', daemon: true },
    },
  }),
)

const late = lateness()
const jobs = new Map<string, { first: number; last: number; fireTimes: number; firings: number }>()
const counts: Record<string, number> = {}

function note(event: PawlEvent): void {
  counts[event.type] = (counts[event.type] ?? 0) + 1
  if (event.type !== 'job.fired' || event.fireTime === undefined) return
  const at = event.fireTime.getTime()
  late.note(Date.now() - at)
  const job = jobs.get(event.job) ?? { first: at, last: at, fireTimes: 0, firings: 0 }
  jobs.set(event.job, {
    first: job.first,
    last: at,
    fireTimes: job.fireTimes + event.fireTimes,
    firings: job.firings + 1,
  })
}

let growing = true

async function grow(): Promise<void> {
  while (growing) {
    await new Promise((resolve) => setTimeout(resolve, BLOCK_EVERY))
    const depth = 1 + Math.floor(Math.random() * DEEPEST)
    if (Math.random() * REORG_IN < 1) await chain.reorg(depth, depth + 1)
    else await chain.extend(1)
  }
}

/** Somebody looks on, from inside of the process: listens to all that is emitted, and goes. */
function view(): void {
  let seen = 0
  const subscriptions = [root.on('*', () => (seen += 1)), root.subscribe(() => (seen += 1))]
  setTimeout(() => {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }, VIEWER_STAYS).unref()
}

root.on('*', note)
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', (message: unknown) => {
  if (message === 'sample') process.send?.({ sample: { ...measureProcess(), ...late.take() } })
  if (message === 'settle') growing = false
  if (message === 'stop') {
    process.send?.({ told: { jobs: Object.fromEntries(jobs), counts } })
    root.send({ type: 'STOP' })
  }
})
root.start()
await chain.extend(40)
void grow()
setInterval(view, VIEWER_EVERY).unref()
