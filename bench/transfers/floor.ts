import { once } from 'node:events'
import postgres from 'postgres'
import type { BusyChain } from './busy-chain.ts'

const LEVELS = 10

interface RawLog {
  readonly topics: readonly string[]
  readonly data: string
  readonly blockNumber: string
  readonly logIndex: string
}

/** What no indexer can be faster than. @returns ms */
export async function measureFloor(
  { anvil, token, head }: BusyChain,
  database: string,
): Promise<{ readonly fetching: number; readonly copying: number }> {
  const { level } = await head()
  const logs: RawLog[] = []
  const started = performance.now()
  for (let from = 0; from <= level; from += LEVELS) {
    const range = { fromBlock: hex(from), toBlock: hex(Math.min(level, from + LEVELS - 1)) }
    logs.push(...(await anvil.rpc<RawLog[]>('eth_getLogs', [{ address: token, ...range }])))
  }
  const fetching = performance.now() - started

  const rows = logs.map(({ topics, data, blockNumber, logIndex }) => {
    const [from, to] = [topics[1]?.slice(26), topics[2]?.slice(26)]
    return `${Number(blockNumber)}\t${Number(logIndex)}\t0x${from}\t0x${to}\t${BigInt(data)}\n`
  })
  const sql = postgres(database, { max: 1, onnotice: () => {} })
  await sql.unsafe(`create table transfer (level bigint not null, log_index int not null, "from" text not null, "to" text not null,
    amount numeric(78) not null, primary key (level, log_index))`)
  const copying = performance.now()
  const stream = await sql`copy transfer from stdin`.writable()
  for (let at = 0; at < rows.length; at += 1_000) {
    if (!stream.write(rows.slice(at, at + 1_000).join(''))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
  const copied = performance.now() - copying
  await sql.end()
  return { fetching, copying: copied }
}

const hex = (level: number): string => `0x${level.toString(16)}`
