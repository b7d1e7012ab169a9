import { setTimeout as wait } from 'node:timers/promises'
import { hook } from 'pawl'
import { formatEther } from 'viem'

const LOOK_EVERY = 1_000

/** A daemon: never returns by itself; `signal` ends it when Pawl stops. Tells of each transfer larger than any before. */
export const watchLargeTransfers = hook({
  run: async ({ sql, logger, signal }) => {
    let record = '0'
    for (;;) {
      const [largest] = await sql<{ amount: string; level: bigint }[]>`
        select amount, level from transfer
        where amount > ${record} and "from" in (select account from balance)
        order by amount desc limit 1`
      if (largest !== undefined) {
        record = largest.amount
        logger.info(`largest transfer so far: ${formatEther(BigInt(record))} at level ${largest.level}`)
      }
      try {
        await wait(LOOK_EVERY, undefined, { signal })
      } catch {
        return
      }
    }
  },
})
