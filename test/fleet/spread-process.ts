// A process that follows some of two indexes: `spread-process.js <url> <indexes>`. Started, and killed, by spread-indexes.test.ts.
import { createActor } from 'xstate'
import { pawl, type HandlerContext } from 'pawl'
import { simulateChain } from 'pawl/testing'

const [database = '', follow = ''] = process.argv.slice(2)
/** Of spread-indexes.test.ts. */
const GATE = 1
const own = follow.split(',') as ('a' | 'b')[]
const chain = simulateChain({ seed: 8, length: 40, finality: 10 })
const index = (name: string) => ({
  datasource: chain.datasource(),
  handler: async ({ sql }: HandlerContext, { level }: { readonly level: number }) =>
    void (await sql`insert into seen (index, level, pid) values (${name}, ${level}, ${process.pid})`),
})

const root = createActor(
  pawl({
    database,
    follow: own,
    roles: ['indexer'],
    indexes: { a: index('a'), b: index('b') },
    on_reindex: async ({ sql }) => {
      await sql`create table seen (index text, level int, pid int, id int generated always as identity primary key)`
      await sql`create table told (pid int, id int generated always as identity primary key)`
    },
    on_synchronized: async ({ sql }) => {
      // A test that holds this lock decides when the hook goes on.
      await sql`select pg_advisory_xact_lock_shared(${GATE})`
      await sql`insert into told (pid) values (${process.pid})`
    },
  }),
)
root.on('lifecycle', ({ state }) => process.send?.(state))
root.on('index.added', ({ index }) => process.send?.(`added ${index}`))
root.on('standby', () => process.send?.('standby'))
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', (message) => {
  if (message === 'extend') chain.extend(3)
  else root.send({ type: message as 'STOP' | 'REINDEX' })
})
// Whoever started it is gone.
process.on('disconnect', () => setTimeout(() => process.exit(), 10_000).unref())
root.start()
