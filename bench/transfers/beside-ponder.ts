import { freePort, type Backfill } from './backfill.ts'
import { DEPTHS, mineOneByOne, reorg, type Timing } from './at-the-head.ts'
import type { BusyChain } from './busy-chain.ts'
import { checkRows } from './check-exact.ts'
import { RunningPonder } from './running-ponder.ts'

/** Of Ponder: from the node, and once more in another schema, from the answers that it kept. */
export async function ponderBackfills(
  chain: BusyChain,
  database: string,
): Promise<readonly (readonly [string, Backfill])[]> {
  const one = async (schema: string): Promise<Backfill> => {
    const ponder = new RunningPonder(chain, { database, schema, port: await freePort(), pushed: false })
    try {
      const first = ponder.firstRow()
      const all = (await ponder.reached()) - ponder.startedAt
      const firstAnswer = (await first) - ponder.startedAt
      const usage = ponder.usage()
      await checkRows(ponder.sql, chain)
      return { firstAnswer, all, syncing: undefined, ...usage }
    } finally {
      await ponder.kill()
    }
  }
  return [
    ['Ponder', await one('one')],
    ['Ponder, from what it kept', await one('two')],
  ]
}

/** As `atTheHead`; of Ponder it is asked by its tables, every 2 ms. */
export async function ponderAtTheHead(chain: BusyChain, database: string): Promise<readonly Timing[]> {
  const setup = { database, schema: 'app', port: await freePort(), pushed: true }
  const timings: Timing[] = []
  let ponder = new RunningPonder(chain, setup)
  const reached = (): Promise<number> => ponder.reached()
  try {
    await ponder.ready()
    await chain.mine()
    await reached()
    timings.push(...(await mineOneByOne(chain, reached)))
    await checkRows(ponder.sql, chain)
    for (const depth of DEPTHS) {
      timings.push(await reorg(chain, depth, reached))
      await checkRows(ponder.sql, chain)
    }
    const killed = performance.now()
    await ponder.kill()
    ponder = new RunningPonder(chain, setup)
    await ponder.ready()
    timings.push(['SIGKILL to ready again', performance.now() - killed])
    await chain.mine()
    await reached()
    await checkRows(ponder.sql, chain)
    return timings
  } finally {
    await ponder.kill()
  }
}
