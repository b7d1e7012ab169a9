import { join } from 'node:path'
import { fireHook } from 'pawl'
import { balanceTable } from './balance-table.ts'
import type { ComparedBalance } from './compare-balances.ts'
import { nextEvent } from './next-event.ts'
import type { NodeOptions } from './read-options.ts'
import { heading, startPawl, terminal } from './running-pawl.ts'
import { makeDirectory, TOKENS } from './token-directory.ts'

const LARGEST = 10
const POLL_INTERVAL = 1_000

/** Indexes a token on the user's node, which it only reads, until the signal aborts; then stops and resolves. */
export async function followNode(options: NodeOptions, signal: AbortSignal): Promise<void> {
  const { rpc, token, fromBlock } = options
  const directory = await makeDirectory(join(TOKENS, `${token.toLowerCase()}-from-${fromBlock}`))
  heading(`Following ${token}; Ctrl-C ends it, and the next start goes on from there`)
  terminal.line(`the database is in ${join(directory, '.pawl')}; remove that folder to begin anew`)
  const pawl = startPawl({
    rpc,
    token,
    firstLevel: fromBlock,
    pollInterval: POLL_INTERVAL,
    directory,
    onCompared: (balances) => show(balances, options),
  })
  const over = AbortSignal.any([signal, pawl.gone])
  try {
    await nextEvent(pawl.root, 'lifecycle', ({ state }) => state === 'synchronized', over)
    await fireHook(pawl.root, 'compare_balances', { limit: LARGEST })
    await nextEvent(pawl.root, 'lifecycle', ({ state }) => state === 'stopped', over)
  } catch (error) {
    if (!signal.aborted) throw error
    heading('Stopping')
  } finally {
    await pawl.stop()
  }
}

function show(balances: readonly ComparedBalance[], { fromBlock }: NodeOptions): void {
  terminal.line(`\nThe ${balances.length} largest balances`)
  for (const line of balanceTable(balances)) terminal.line(line)
  if (fromBlock > 0) {
    terminal.line(
      `The database counts from block ${fromBlock} on: what was transferred before it is missing on its side.`,
    )
  }
}
