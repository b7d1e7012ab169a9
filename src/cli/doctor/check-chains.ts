import type { Database } from '../../database/database.ts'
import type { Finding } from './finding.ts'

/** Does each index still have the chain that it was indexed from? @param chains what the datasources serve, by index */
export async function* checkChains(
  { sql, ownSchema }: Database,
  chains: ReadonlyMap<string, string>,
): AsyncGenerator<Finding> {
  const stored = await sql<{ name: string; chain: string }[]>`
    select name, chain from ${sql(ownSchema)}.index where chain is not null and level is not null order by name`
  for (const { name, chain } of stored) {
    const served = chains.get(name)
    if (served === undefined || served === chain) continue
    yield {
      check: `index ${name}`,
      state: 'bad',
      message: `was indexed from chain ${chain}, and its datasource serves chain ${served}`,
      advice: `A start would stop here: give it a datasource of chain ${chain} again, or \`pawl schema wipe\` indexes the other one.`,
    }
  }
}
