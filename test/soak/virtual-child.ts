// Months of Pawl in minutes: `virtual-child.js <database url> <days>`. Its parent has the chain, and reads the samples.
import { createActor, type ActorRefFrom } from 'xstate'
import { pawl, type PawlEvent, type PawlLogic } from 'pawl'
import { TestClock, type SimulatedBlock } from 'pawl/testing'
import { FireAccount } from './fire-account.ts'
import { lateness } from './lateness.ts'
import { measureProcess } from './measure-process.ts'
import { remoteChain } from './remote-chain.ts'
import { soakLogger } from './soak-logger.ts'
import { soakProject } from './soak-project.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Both clock changes of a year's first half are in it. */
const START = Date.parse('2026-01-01T00:00:00Z')
const BLOCK_EVERY = HOUR
/** One in so many blocks is a reorg, one step in so many a suspended laptop; each so many days a restart with hours in between. */
const REORG_IN = 12
const DEEPEST = 6
const LEAP_IN = 400
const LEAP = 5 * HOUR
const RESTART_EVERY = 13 * DAY
const DOWN = 7 * HOUR
/** Of the job that fails now and then. */
const RETRY_AFTER = 1_000

const [database = '', days = '364'] = process.argv.slice(2)
const start = new Date(START)
const TRIGGERS = {
  half_hourly: { interval: '30m', start },
  hourly: { crontab: '0 * * * *', timezone: 'Europe/Berlin' },
  /** Skipped by the clock change in March. */
  nightly: { crontab: '30 2 * * *', timezone: 'Europe/Berlin' },
  new_york: { crontab: '15 1 * * MON-FRI', timezone: 'America/New_York' },
  jittered: { interval: '3h', start, jitter: '20m' },
  flaky: { interval: '1h', start },
  durable: { interval: '2h', start },
} as const

const chain = remoteChain(() => wake())
const clock = new TestClock({ start })
const late = lateness()
const accounts = new Map(
  Object.entries(TRIGGERS).map(([job, trigger]) => [job, new FireAccount(job, trigger, start)]),
)
const counts: Record<string, number> = {}
/** Of the block that the index stands at. */
let indexed = ''
let down = false
let retried = 0
let wake = (): void => {}

const config = {
  ...soakProject(chain.datasource),
  database,
  clock,
  logger: soakLogger,
  jobHistory: '2d',
  jobs: {
    half_hourly: { hook: 'tick', ...TRIGGERS.half_hourly, args: { name: 'half_hourly' } },
    hourly: { hook: 'tick', ...TRIGGERS.hourly, args: { name: 'hourly' } },
    nightly: { hook: 'trim', ...TRIGGERS.nightly },
    new_york: { hook: 'tick', ...TRIGGERS.new_york, args: { name: 'new_york' } },
    jittered: { hook: 'tick', ...TRIGGERS.jittered, args: { name: 'jittered' } },
    flaky: { hook: 'flaky', ...TRIGGERS.flaky, retry: { attempts: 2, delay: RETRY_AFTER / 1_000 } },
    durable: { hook: 'tick', ...TRIGGERS.durable, args: { name: 'durable' }, wait: false },
    daemon: { hook: 'stay', daemon: true },
  },
} as const

function note(event: PawlEvent): void {
  counts[event.type] = (counts[event.type] ?? 0) + 1
  for (const account of accounts.values()) account.note(event)
  if (event.type === 'hook.finished' && event.origin.type === 'job') {
    accounts.get(event.origin.job)?.done()
  }
  if (event.type === 'job.fired' && event.fireTime !== undefined) {
    late.note(down ? 0 : clock.now() - event.fireTime.getTime())
  }
  if (event.type === 'index.progress') indexed = event.hash
  if (event.type === 'index.failed' || event.type === 'index.retrying') throw event.error
  wake()
}

/** Waits for what has to come, in real time; meanwhile virtual time passes only for what is run again. */
async function until(what: string, right: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!right()) {
    if (Date.now() > deadline) {
      const open = [...accounts.values()].map((account) => account.summary()).join('\n')
      throw new Error(
        `${what} did not come within a minute, at ${new Date(clock.now()).toISOString()}\n${open}`,
      )
    }
    if ((counts['job.retried'] ?? 0) > retried) {
      retried = counts['job.retried'] ?? 0
      await pass(RETRY_AFTER)
      continue
    }
    const timer = setTimeout(() => wake(), 1_000)
    await new Promise<void>((resolve) => (wake = resolve))
    clearTimeout(timer)
  }
}

/** Lets time pass; what falls due in it is expected. */
async function pass(ms: number, how: 'advance' | 'leap' = 'advance'): Promise<void> {
  for (const account of accounts.values()) account.expect(clock.now() + ms)
  await clock[how](ms)
}

type Root = ActorRefFrom<PawlLogic>

async function open(): Promise<Root> {
  const root = createActor(pawl(config)) as unknown as Root
  root.on('*', note)
  root.subscribe({
    error: (error) => {
      throw error
    },
  })
  root.start()
  let value = ''
  root.on('lifecycle', ({ state }) => {
    value = state
    wake()
  })
  await until('synchronized', () => value === 'synchronized' && chain.resting)
  return root
}

async function close(root: Root): Promise<void> {
  let over = false
  root.subscribe({
    complete: () => {
      over = true
      wake()
    },
  })
  root.send({ type: 'STOP' })
  await until('the end', () => over)
}

/** All that is due by now is told of, and has ended. */
const settle = (): Promise<void> =>
  until('a fire time', () => [...accounts.values()].every(({ settled }) => settled))

const follow = (head: SimulatedBlock): Promise<void> =>
  until(`level ${head.level}`, () => indexed === head.hash && chain.resting)

await chain.extend(40)
let root = await open()
let restartAt = START + RESTART_EVERY
let sampleAt = START + DAY
const end = START + Number(days) * DAY
for (let block = START + BLOCK_EVERY; clock.now() < end;) {
  const next = Math.min(block, ...[...accounts.values()].map((account) => account.next))
  if (Math.random() * LEAP_IN < 1) {
    down = true
    await pass(LEAP, 'leap')
  } else if (next > clock.now()) await pass(next - clock.now())
  await settle()
  down = false
  while (block <= clock.now()) {
    block += BLOCK_EVERY
    const depth = 1 + Math.floor(Math.random() * DEEPEST)
    await follow(await (Math.random() * REORG_IN < 1 ? chain.reorg(depth, depth + 1) : chain.extend(1)))
  }
  if (clock.now() >= restartAt) {
    restartAt += RESTART_EVERY
    await close(root)
    await pass(DOWN)
    down = true
    const told = counts['job.fired'] ?? 0
    root = await open()
    // What fell due meanwhile fires at the clock's next turn after the jobs were loaded.
    while ((counts['job.fired'] ?? 0) <= told + 1) {
      await pass(1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await settle()
    down = false
  }
  if (clock.now() >= sampleAt) {
    process.send?.({
      sample: { ...measureProcess(), ...late.take(), at: Math.round((clock.now() - START) / DAY) },
    })
    sampleAt += DAY
  }
}
// For firings that the last level let go.
await new Promise((resolve) => setTimeout(resolve, 2_000))
await close(root)
process.send?.({
  told: {
    facts: [...accounts.values()].map((account) => account.summary()),
    faults: [...accounts.values()].flatMap((account) => account.close()),
    counts,
  },
})
process.disconnect()
