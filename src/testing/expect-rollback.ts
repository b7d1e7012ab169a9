import { AssertionError } from 'node:assert'
import { checkOptions, LIST, made, type OptionRules } from '../config/check-options.ts'
import type { Config } from '../config/config.ts'
import type { Sql } from '../database/database.ts'
import type { Datasource } from '../datasources/datasource.ts'
import { simulateChain } from './chain-simulator.ts'
import { nextEvent } from './next-event.ts'
import { openTestRoot, type TestRoot } from './open-test-root.ts'
import type { SimulatedBlock } from './simulated-block.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** Which reorgs a project is put through. */
export interface ExpectRollbackOptions {
  /** Default: 20 blocks, with events in each. */
  readonly chain?: SimulatedChain
  /** How deep each reorg is, one after the other. Default: `[1, 5]`. */
  readonly depths?: readonly number[]
  /**
   * Columns that are another each time, as `now()` is: `transfer.seen_at`, or a whole table: `log`. They are not compared.
   */
  readonly ignore?: readonly string[]
}

const RULES: OptionRules<ExpectRollbackOptions> = {
  chain: made('simulateChain({ … })', 'datasource', 'reorg'),
  depths: LIST,
  ignore: LIST,
}

/**
 * Proves that a project leaves nothing of blocks that left the chain, and loses nothing of those that stayed: indexes a simulated
 * chain, reorganises it, indexes on – and compares every row with that of a run which has only ever seen the chain as it is in
 * the end. Durable firings that have their confirmations have run, in both; jobs do not fire.
 *
 * @param configOf the project, over the datasource that it is given
 * @throws AssertionError with the rows that are wrong
 *
 * @example
 * await expectRollback((datasource) => defineConfig({ ...project, indexes: { blocks: { datasource, handler } } }))
 */
export async function expectRollback(
  configOf: (datasource: Datasource<SimulatedBlock>, chain: SimulatedChain) => Config,
  options: ExpectRollbackOptions = {},
): Promise<void> {
  checkOptions('expectRollback', options, RULES)
  const { chain = simulateChain({ seed: 1, length: 20 }), depths = [1, 5], ignore = [] } = options
  // Without its jobs: what they write depends on the hour.
  const config = (): Config => {
    const { jobs: _, ...rest } = configOf(chain.datasource(), chain)
    return rest
  }
  const run = await openTestRoot(config(), {})
  let found: Rows
  try {
    await atHead(run, chain)
    for (const depth of depths) {
      const rolledBack = nextEvent(run.root, 'index.rolledBack')
      // One longer, so that there is a new head.
      chain.reorg(depth, depth + 1)
      await rolledBack
      await atHead(run, chain)
    }
    await run.queueAtRest()
    found = await rowsOf(run.database.sql, config())
  } finally {
    await run.close()
  }
  const fresh = await openTestRoot(config(), {})
  try {
    await atHead(fresh, chain)
    await fresh.queueAtRest()
    compare(found, await rowsOf(fresh.database.sql, config()), ignore)
  } finally {
    await fresh.close()
  }
}

/** Every index has the chain's head. */
async function atHead({ root, events }: TestRoot, chain: SimulatedChain): Promise<void> {
  const { hash } = chain.head
  const behind = (): string[] => {
    const at = new Map<string, string>()
    for (const event of events) if (event.type === 'index.progress') at.set(event.index, event.hash)
    return [...at].filter(([, seen]) => seen !== hash).map(([index]) => index)
  }
  while (behind().length > 0) await nextEvent(root, 'index.progress')
}

type Row = Readonly<Record<string, unknown>>
type Rows = ReadonlyMap<string, readonly Row[]>

/** Of every table of the user's schema, but immune ones. */
async function rowsOf(sql: Sql, { schema = 'public', immuneTables = [] }: Config): Promise<Rows> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relnamespace = ${schema}::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> all (${immuneTables as string[]}::text[]) order by 1`
  const rows = new Map<string, readonly Row[]>()
  for (const { name } of tables) {
    const found = await sql<{ row: Row }[]>`select to_jsonb(t) as row from ${sql(schema)}.${sql(name)} t`
    rows.set(
      name,
      found.map(({ row }) => row),
    )
  }
  return rows
}

function compare(found: Rows, expected: Rows, ignore: readonly string[]): void {
  const wrong: string[] = []
  for (const table of new Set([...found.keys(), ...expected.keys()])) {
    if (ignore.includes(table)) continue
    const text = (row: Row): string =>
      JSON.stringify(Object.entries(row).filter(([column]) => !ignore.includes(`${table}.${column}`)))
    const left = (expected.get(table) ?? []).map(text)
    const tooMany = (found.get(table) ?? []).map(text).filter((row) => {
      const at = left.indexOf(row)
      if (at !== -1) left.splice(at, 1)
      return at === -1
    })
    wrong.push(...tooMany.map((row) => `${table}: stayed of a block that left the chain, or differs: ${row}`))
    wrong.push(...left.map((row) => `${table}: missing: ${row}`))
  }
  if (wrong.length === 0) return
  throw new AssertionError({
    message: `after reorgs the rows are not those of a run that never saw them:\n${wrong.slice(0, MOST_TOLD).join('\n')}${wrong.length > MOST_TOLD ? `\n… and ${wrong.length - MOST_TOLD} more` : ''}`,
    stackStartFn: compare,
  })
}

const MOST_TOLD = 10
