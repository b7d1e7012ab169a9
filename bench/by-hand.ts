import postgres from 'postgres'
import { createPublicClient, http, parseAbiItem, type Address } from 'viem'

export const transferEvent = parseAbiItem(
  'event Transfer(address indexed from, address indexed to, uint256 value)',
)

export const EVENT_TABLE = `create table event (level bigint not null, log_index int not null, at timestamptz not null,
  "from" text not null, "to" text not null, value numeric(78) not null, primary key (level, log_index))`

/** Levels a question to the node. */
const RANGE = 200

interface HandRun {
  readonly database: string
  readonly url: string
  readonly emitter: Address
  readonly head: number
  /** Levels a transaction. */
  readonly levels: number
}

/**
 * What somebody writes who needs just this: a range of logs, the headers of their blocks in one batch, a transaction with an
 * insert a block and the cursor. No reorgs, no retries, nothing read ahead. @returns ms
 */
export async function indexByHand({ database, url, emitter, head, levels }: HandRun): Promise<number> {
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  const client = createPublicClient({ transport: http(url, { batch: { batchSize: 1_000 } }) })
  await sql.unsafe(
    `${EVENT_TABLE}; create table cursor (level bigint not null); insert into cursor values (0)`,
  )
  const started = performance.now()
  for (let from = 0; from <= head; from += RANGE) {
    const to = Math.min(head, from + RANGE - 1)
    const logs = await client.getLogs({
      address: emitter,
      event: transferEvent,
      fromBlock: BigInt(from),
      toBlock: BigInt(to),
    })
    const byLevel = new Map<bigint, typeof logs>()
    for (const log of logs) {
      const level = byLevel.get(log.blockNumber)
      if (level === undefined) byLevel.set(log.blockNumber, [log])
      else level.push(log)
    }
    const blocks = await Promise.all(
      [...byLevel.keys()].map((blockNumber) => client.getBlock({ blockNumber })),
    )
    const times = new Map(
      blocks.map(({ number, timestamp }) => [number, new Date(Number(timestamp) * 1_000)]),
    )
    const entries = [...byLevel]
    for (let at = 0; at < entries.length; at += levels) {
      await sql.begin(async (transaction) => {
        for (const [level, some] of entries.slice(at, at + levels)) {
          const rows = some.map(({ logIndex, args }) => ({
            level: Number(level),
            log_index: logIndex,
            at: times.get(level) ?? null,
            from: args.from ?? '',
            to: args.to ?? '',
            value: String(args.value),
          }))
          await transaction`insert into event ${transaction(rows)}`
        }
        await transaction`update cursor set level = ${Math.min(to, from + at + levels - 1)}`
      })
    }
  }
  const time = performance.now() - started
  await sql.end()
  return time
}
