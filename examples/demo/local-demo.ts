import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fireHook } from 'pawl'
import { plural } from '../../src/text/format-number.ts'
import { balanceTable } from './balance-table.ts'
import type { ComparedBalance } from './compare-balances.ts'
import { nextEvent } from './next-event.ts'
import { reorgs } from './reorgs.ts'
import { heading, startPawl, terminal, type RunningPawl } from './running-pawl.ts'
import { startTokenChain, type Reorg, type TokenChain } from './token-chain.ts'
import { makeDirectory } from './token-directory.ts'

const BLOCKS_BEFORE = 200
const BLOCKS_BETWEEN = 3
// The node is our own: it may be asked often.
const POLL_INTERVAL = 100

/** The demo's parts, and the signal that ends its waiting. */
interface Demo {
  readonly chain: TokenChain
  readonly pawl: RunningPawl
  readonly signal: AbortSignal
}

/**
 * Runs the whole lifecycle on a chain of its own; resolves to whether every balance in the database is the contract's.
 * Waits for events only, and rejects with the signal's reason when it is aborted.
 */
export async function runLocalDemo(signal: AbortSignal): Promise<boolean> {
  const directory = await makeDirectory(await mkdtemp(join(tmpdir(), 'pawl-demo-')))
  const chain = await startTokenChain()
  try {
    heading('A chain of its own')
    await chain.mine(BLOCKS_BEFORE)
    terminal.line(`anvil at ${chain.url}, ${await chain.head()} blocks`)
    terminal.line(`token ${chain.token}, sent to and fro between ${chain.accounts.length} accounts`)
    return await indexChain(chain, directory, signal)
  } finally {
    await chain.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function indexChain(chain: TokenChain, directory: string, signal: AbortSignal): Promise<boolean> {
  heading('Pawl starts: no database yet, so it makes one and reindexes')
  let balances: readonly ComparedBalance[] = []
  const pawl = startPawl({
    rpc: chain.url,
    token: chain.token,
    firstLevel: 0,
    pollInterval: POLL_INTERVAL,
    directory,
    onCompared: (compared) => (balances = compared),
  })
  const demo: Demo = { chain, pawl, signal: AbortSignal.any([signal, pawl.gone]) }
  try {
    await synchronized(demo)
    await watchJobs(demo)
    await fireByHand(demo)
    heading(`The chain is reorganised ${reorgs.length} times, 1 to 20 blocks deep`)
    for (const reorg of reorgs) await reorganise(demo, reorg)
    heading('What the database says, and what the contract says')
    await fireHook(pawl.root, 'compare_balances', {})
    for (const line of balanceTable(balances)) terminal.line(line)
  } finally {
    await pawl.stop()
  }
  return tell(chain, balances)
}

/** Resolves when the demo's `on_synchronized` has run the next time. */
const synchronized = ({ pawl: { root }, signal }: Demo): Promise<unknown> =>
  nextEvent(root, 'hook.finished', ({ hook }) => hook === 'on_synchronized', signal)

async function watchJobs({ chain, pawl: { root }, signal }: Demo): Promise<void> {
  heading('Jobs: an interval, a crontab and a daemon; blocks go on meanwhile')
  await Promise.all([
    chain.mine(BLOCKS_BETWEEN),
    ...['refresh', 'recent_stats'].map((job) =>
      nextEvent(root, 'hook.finished', ({ origin }) => origin.type === 'job' && origin.job === job, signal),
    ),
  ])
}

async function fireByHand({ pawl: { root }, signal }: Demo): Promise<void> {
  heading('FIRE_HOOK, sent to the root')
  const id = 'by-hand'
  const finished = nextEvent(root, 'hook.finished', ({ firing }) => firing === id, signal)
  root.send({ type: 'FIRE_HOOK', hook: 'calculate_stats', args: { major: true, depth: 10 }, id })
  await finished
}

/** One reorg, seen through: rolled back to the last common block, and then level with the new head. */
async function reorganise(demo: Demo, reorg: Reorg): Promise<void> {
  const { chain, pawl, signal } = demo
  const { root } = pawl
  const { depth, replacement } = reorg
  const common = (await chain.head()) - depth
  terminal.line(
    `\nreorg: ${plural(depth, 'block')} off, ${plural(replacement, 'other')} in ${depth === 1 ? 'its' : 'their'} place`,
  )
  await Promise.all([
    nextEvent(root, 'index.rolledBack', ({ toLevel }) => toLevel === common, signal),
    synchronized(demo),
    chain.reorg(reorg),
  ])
  const next = common + replacement + BLOCKS_BETWEEN
  await Promise.all([
    nextEvent(root, 'index.progress', ({ level }) => level === next, signal),
    chain.mine(BLOCKS_BETWEEN),
  ])
  terminal.line(`           level with the chain again, at block ${next}`)
}

function tell(chain: TokenChain, balances: readonly ComparedBalance[]): boolean {
  const wrong = balances.filter(({ database, contract }) => database !== contract)
  const missing = chain.accounts.filter((account) => balances.every((balance) => balance.account !== account))
  for (const account of missing) terminal.line(`${account} has no balance in the database`)
  const right = wrong.length === 0 && missing.length === 0
  heading(
    right
      ? `All ${balances.length} balances are what the contract says, after ${reorgs.length} reorgs`
      : `${wrong.length + missing.length} balances are not what the contract says`,
  )
  return right
}
