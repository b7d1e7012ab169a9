// One Pawl as a user has it, in a process of its own: `node indexer.js '<IndexerOptions as JSON>'`. Tells of itself in lines of JSON.
import { createActor } from 'xstate'
import type { Address } from 'viem'
import { defineConfig, pawl, type HandlerContext } from 'pawl'
import { evm } from 'pawl/evm'

export interface IndexerOptions {
  /** Left out: the embedded one, in `directory`. */
  readonly database?: string
  readonly directory: string
  readonly url: string | readonly string[]
  readonly token: Address
  /** How the handler writes. `sql`: each row by a statement of its own. */
  readonly handler: 'event' | 'batch' | 'sql'
  /** So many indexes of the same transfers, each with its own tables. */
  readonly indexes: number
  /** Blocks are kept, and read from there where they are. */
  readonly cache: boolean
  readonly monitoringPort: number
}

/** What it tells. `at` is ms since 1970, with fractions. */
export type IndexerLine =
  | { readonly type: 'lifecycle'; readonly state: string; readonly at: number }
  | {
      readonly type: 'progress'
      readonly index: string
      readonly level: number
      readonly hash: string
      readonly at: number
    }
  | { readonly type: 'usage'; readonly cpuSeconds: number; readonly peakMegabytes: number }

const tell = (line: IndexerLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const now = (): number => performance.timeOrigin + performance.now()

const options = JSON.parse(process.argv[2] ?? '') as IndexerOptions
const transfer = 'event Transfer(address indexed from, address indexed to, uint256 value)'

const source = () => evm({ url: options.url, logs: [{ address: options.token, event: transfer }] })
type Block = Awaited<ReturnType<ReturnType<typeof source>['blocks']>>[number]

/** One insert and two upserts an event. */
const write = ({ insert, upsert }: HandlerContext, { level, logs }: Block, at: string): void => {
  for (const { logIndex, args } of logs) {
    insert(`transfer${at}`, { level, log_index: logIndex, from: args.from, to: args.to, amount: args.value })
    upsert(`balance${at}`, { account: args.from, amount: -args.value }, { key: 'account', add: 'amount' })
    upsert(`balance${at}`, { account: args.to, amount: args.value }, { key: 'account', add: 'amount' })
  }
}

const writeBySql = async ({ sql }: HandlerContext, { level, logs }: Block, at: string): Promise<void> => {
  const balance = sql(`balance${at}`)
  for (const { logIndex, args } of logs) {
    await sql`insert into ${sql(`transfer${at}`)} values (${level}, ${logIndex}, ${args.from}, ${args.to}, ${args.value})`
    for (const [account, amount] of [
      [args.from, -args.value],
      [args.to, args.value],
    ] as const) {
      await sql`insert into ${balance} as b values (${account}, ${amount})
        on conflict (account) do update set amount = b.amount + excluded.amount`
    }
  }
}

const names = Array.from({ length: options.indexes }, (_, at) => (at === 0 ? '' : `_${at}`))

const root = createActor(
  pawl(
    defineConfig({
      ...(options.database === undefined ? {} : { database: options.database }),
      directory: options.directory,
      monitoring: { port: options.monitoringPort },
      indexes: Object.fromEntries(
        names.map((at) => [
          `transfers${at}`,
          options.handler === 'batch'
            ? {
                datasource: source(),
                cache: options.cache,
                batch: true,
                handler: (ctx: HandlerContext, blocks: readonly Block[]) => {
                  for (const block of blocks) write(ctx, block, at)
                },
              }
            : {
                datasource: source(),
                cache: options.cache,
                handler: (ctx: HandlerContext, block: Block) =>
                  options.handler === 'sql' ? writeBySql(ctx, block, at) : write(ctx, block, at),
              },
        ]),
      ),
      on_reindex: async ({ sql }) => {
        for (const at of names) {
          await sql.unsafe(`create table transfer${at} (level bigint not null, log_index int not null, "from" text not null,
            "to" text not null, amount numeric(78) not null, primary key (level, log_index))`)
          await sql.unsafe(
            `create table balance${at} (account text primary key, amount numeric(78) not null)`,
          )
        }
      },
    }),
  ),
)
root.on('lifecycle', ({ state }) => tell({ type: 'lifecycle', state, at: now() }))
root.on('index.progress', ({ index, level, hash }) =>
  tell({ type: 'progress', index, level, hash, at: now() }),
)
root.on('index.failed', ({ error }) => console.error(error))
root.on('index.retrying', ({ error }) => console.error(error))
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
  },
  complete: () => {
    const { user, system } = process.cpuUsage()
    tell({
      type: 'usage',
      cpuSeconds: (user + system) / 1e6,
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    })
  },
})
root.start()
process.once('SIGTERM', () => root.send({ type: 'STOP' }))
