import { IGNORED, TSCONFIG, type InitFile } from './init-files.ts'
import { manifestOf, type Manifest } from './package-manifest.ts'

export interface FirstProject {
  /** Of an EVM node; undefined: a simulated chain. */
  readonly rpc: string | undefined
  /** Of the token whose transfers are indexed; undefined: of any. */
  readonly contract: string | undefined
}

/** What it needs to run. */
export const firstManifest = (ending: string): Manifest =>
  manifestOf(
    {
      start: 'pawl run',
      test: `node --import jiti/register --test test/project.test${ending}`,
      check: 'tsc',
    },
    { dependencies: ['viem'], devDependencies: ['jiti'] },
  )

/**
 * A small project that runs, tests and type-checks as it stands.
 * @param ending of code that is ES modules there
 */
export function listFirstProject(wanted: FirstProject, ending: string): readonly InitFile[] {
  const files: Readonly<Record<string, string>> = {
    'tsconfig.json': TSCONFIG,
    '.gitignore': IGNORED,
    'pawl.config.ts': wanted.rpc === undefined ? SIMULATED_CONFIG : evmConfig(wanted.rpc, wanted.contract),
    'project.ts': PROJECT,
    'simulated.ts': SIMULATED,
    'sql/on_reindex/1-tables.sql': TABLES,
    'sql/refresh_stats.sql': STATS,
    'test/project.test.ts': TEST,
  }
  return Object.entries(files).map(([path, text]) => ({
    path: path.replace(/\.ts$/, ending),
    text: text.replaceAll(/(from '\.\.?\/\w+)\.ts'/g, `$1${ending}'`),
    insteadOf: 'here',
  }))
}

const evmConfig = (rpc: string, contract: string | undefined): string => `import { evm } from 'pawl/evm'
import { project } from './project.ts'

const event = 'event Transfer(address indexed from, address indexed to, uint256 value)'

// RPC_URL in the environment is another node: keep keys there, and not here.
const url = process.env['RPC_URL'] ?? ${JSON.stringify(rpc)}

export default project(evm({ url, logs: [{ ${contract === undefined ? '' : `address: ${JSON.stringify(contract)}, `}event }] }))
`

const SIMULATED_CONFIG = `import { readFileSync, writeFileSync } from 'node:fs'
import { simulateChain } from 'pawl/testing'
import { project } from './project.ts'
import { simulated } from './simulated.ts'

// A chain in memory: a block every two seconds, and every tenth takes others off. For a real one:
//   import { evm } from 'pawl/evm'
//   export default project(evm({ url: process.env['RPC_URL'] ?? '', logs: [{ address, event }] }))
const chain = simulateChain({ seed: 1, length: 100 })

// How far it has come is kept, so that the next start finds the same blocks, and goes on with them.
const file = new URL('.chain', import.meta.url)
const kept = (): number => {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}
let steps = 0
const step = (): void => {
  steps += 1
  if (steps % 10 === 0) chain.reorg(2, 3)
  else chain.extend()
}
for (const before = kept(); steps < before; ) step()
setInterval(() => {
  // Before the block is there: it must not be gone at the next start.
  if (steps >= kept()) writeFileSync(file, String(steps + 1))
  step()
}, 2_000).unref()

export default project(simulated(chain))
`

const PROJECT = `import { defineConfig, hook, type BlockRef, type Datasource, type HandlerContext } from 'pawl'
import * as v from 'valibot'

/** What is indexed of a block, whatever chain it comes from. */
export interface TransferBlock extends BlockRef {
  readonly logs: readonly {
    readonly logIndex: number
    readonly args: { readonly from: string; readonly to: string; readonly value: bigint }
  }[]
}

/** One transaction a level: when the level leaves the chain, what it wrote is undone. */
async function indexTransfers({ sql }: HandlerContext, { level, logs }: TransferBlock): Promise<void> {
  for (const { logIndex, args } of logs) {
    await sql\`insert into transfer values (\${level}, \${logIndex}, \${args.from}, \${args.to}, \${args.value})\`
    await sql\`
      insert into received values (\${args.to}, \${args.value})
      on conflict (account) do update set amount = received.amount + excluded.amount\`
  }
}

/** The tables are in sql/on_reindex/. */
export const project = (datasource: Datasource<TransferBlock>) =>
  defineConfig({
    database: process.env['DATABASE_URL'], // left out: a PostgreSQL of Pawl's own in .pawl/
    indexes: { transfers: { datasource, handler: indexTransfers } },
    hooks: {
      refresh_stats: hook({
        args: { top: v.pipe(v.number(), v.integer(), v.minValue(1)) },
        atomic: true,
        run: (ctx, { top }) => ctx.executeSqlScript('refresh_stats', [top]),
      }),
    },
    jobs: { stats_every_minute: { hook: 'refresh_stats', crontab: '* * * * *', args: { top: 10 } } },
    on_synchronized: ({ logger }) => logger.info('at the head'),
  })
`

const SIMULATED = `import type { SimulatedChain } from 'pawl/testing'

/** A simulated chain, in the shape of the real one. */
export const simulated = (chain: SimulatedChain) =>
  chain.datasource(({ events }) => ({
    logs: events.map(({ index, from, to, amount }) => ({ logIndex: index, args: { from, to, value: BigInt(amount) } })),
  }))
`

const TABLES = `create table transfer (
  level bigint, log_index int, "from" text not null, "to" text not null, value numeric(78) not null,
  primary key (level, log_index)
);
create table received (account text primary key, amount numeric(78) not null);
create table stats (account text primary key, amount numeric(78) not null);
`

const STATS = `-- $1: how many accounts
delete from stats;
insert into stats select account, amount from received order by amount desc limit $1;
`

const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRollback, runHook, simulateChain, testDatabase } from 'pawl/testing'
import { project } from '../project.ts'
import { simulated } from '../simulated.ts'

test('reorgs leave no trace', async () => {
  await expectRollback((_, chain) => project(simulated(chain)), { depths: [1, 4] })
})

test('stats hold the accounts that received most', async (t) => {
  const database = await testDatabase()
  t.after(() => database.drop())
  const config = project(simulated(simulateChain({ seed: 1 })))
  // The first run makes the tables.
  await runHook(config, 'refresh_stats', { top: 1 }, { database })
  await database.sql\`insert into received values ('ann', 5), ('bob', 7)\`
  await runHook(config, 'refresh_stats', { top: 1 }, { database })
  assert.deepEqual([...(await database.sql\`select account, amount from stats\`)], [{ account: 'bob', amount: '7' }])
})
`
