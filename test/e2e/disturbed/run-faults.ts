import { setTimeout as delayed } from 'node:timers/promises'
import postgres from 'postgres'
import type { Random } from '../../database/soak/random.ts'
import { FAULTS, relayTo, type Fault } from '../../support/relay.ts'
import type { Scope } from '../../support/scope.ts'
import { createTestDatabase } from '../../support/test-database.ts'
import { endedInPassing, runToTheEnd, startIndexer } from './indexer-process.ts'
import type { Stage } from './stage.ts'

export interface FaultCounts extends Record<Fault | 'outage', number> {
  /** Times that it ended, since it could not keep its lease or not connect, and was started again. */
  restarts: number
}

export const noFaults = (): FaultCounts => ({
  drop: 0,
  reset: 0,
  stall: 0,
  deaf: 0,
  mute: 0,
  outage: 0,
  restarts: 0,
})

/**
 * Indexes a new database by way of a network that fails so many times, at random moments, at a random one of its connections;
 * then lets it come to its end, and checks the database.
 */
export async function runFaults(
  scope: Scope,
  stage: Stage,
  random: Random,
  faults: number,
  longestStall: number,
): Promise<FaultCounts> {
  const counts = noFaults()
  const { url } = await createTestDatabase(scope)
  const relay = await relayTo(scope, url)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  const start = async (): Promise<ReturnType<typeof startIndexer>> =>
    startIndexer(relay.url, stage.folder, (await stage.isAtEnd(sql)) ? 'wipe' : 'go on')
  let indexer = await start()
  try {
    for (let done = 0; done < faults;) {
      await delayed(random.below(250))
      if (await endedInPassing(indexer)) {
        counts.restarts += 1
        indexer = await start()
      } else if (await stage.isAtEnd(sql)) {
        indexer.stop()
        await indexer.ended
        indexer = await start()
      }
      if (relay.size === 0) continue
      if (random.chance(0.05)) {
        relay.cut()
        await delayed(random.below(longestStall / 2))
        await relay.restore()
        counts.outage += 1
      } else {
        const fault = random.pick(FAULTS)
        relay.disturb(random.below(relay.size), fault, random.below(longestStall))
        counts[fault] += 1
      }
      done += 1
    }
    indexer.kill('SIGKILL')
    await runToTheEnd(() => startIndexer(relay.url, stage.folder), url, stage.isAtEnd)
    await stage.check(url)
    return counts
  } finally {
    indexer.kill('SIGKILL')
    relay.cut()
    await sql.end()
  }
}
