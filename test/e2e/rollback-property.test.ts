import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import postgres from 'postgres'
import { createActor, waitFor, type ActorRefFrom } from 'xstate'
import { defineConfig, pawl, type PawlLogic } from 'pawl'
import { simulateChain, type SimulatedBlock, type SimulatedChain } from 'pawl/testing'
import type { Sql } from '../../src/database/database.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { dump, SCHEMA, writeRandomly } from './random-writes.ts'

const RUNS = Number(process.env['PAWL_RUNS'] ?? 12)

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ extend: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      depth: fc.integer({ min: 1, max: 15 }),
      length: fc.integer({ min: 1, max: 18 }),
    }),
  },
)

test(
  'after each rollback the tables equal a fresh run over the canonical chain',
  { timeout: 240_000 },
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(step, { minLength: 3, maxLength: 12 }), async (seed, steps) => {
        const { url } = await createTestDatabase(t)
        const sql = postgres(url, { max: 1, onnotice: () => {} })
        const chain = simulateChain({ seed, length: 25, finality: 20 })
        let rollbacks = 0
        const root = createActor(
          pawl(
            defineConfig({
              database: url,
              on_reindex: async (ctx) => {
                await ctx.sql.unsafe(SCHEMA)
              },
              on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
                await ctx.rollback(index, fromLevel, toLevel)
                rollbacks += 1
                await assertFresh(sql, chain, toLevel)
              },
              indexes: {
                random: {
                  datasource: chain.datasource(),
                  handler: (ctx, block) => writeRandomly(ctx.sql, block),
                },
              },
            }),
          ),
        )
        const ended = waitFor(root, ({ status }) => status !== 'active')
        root.subscribe({ error: () => {} })
        try {
          const caughtUp = headReached(root, chain)
          root.start()
          await caughtUp
          for (const move of steps) {
            const reached = headReached(root, chain)
            if ('extend' in move) chain.extend(move.extend)
            else
              chain.reorg(
                Math.max(1, Math.min(move.depth, chain.head.level - chain.finalized - 1)),
                move.length,
              )
            await reached
            await assertFresh(sql, chain, chain.head.level)
          }
          assert.equal(rollbacks >= steps.filter((move) => 'depth' in move).length, true)
        } finally {
          root.send({ type: 'STOP' })
          await ended
          await sql.end()
        }
      }),
      { numRuns: RUNS },
    )
  },
)

/** Resolves when the newest block of the chain is committed, by hash: levels repeat. */
function headReached(
  root: Pick<ActorRefFrom<PawlLogic>, 'on' | 'subscribe'>,
  chain: SimulatedChain,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (outcome: () => void): void => {
      for (const subscription of subscriptions) subscription.unsubscribe()
      outcome()
    }
    const subscriptions = [
      root.on('index.progress', ({ hash }) => {
        if (hash === chain.head.hash) done(resolve)
      }),
      root.on('index.failed', ({ error }) => done(() => reject(error))),
      root.subscribe({ error: (error) => done(() => reject(error)) }),
    ]
  })
}

/** Compares with a run of the handler over the canonical blocks, without Pawl, in a schema of its own that is thrown away. */
async function assertFresh(sql: postgres.Sql, chain: SimulatedChain, level: number): Promise<void> {
  const found = await dump(sql as unknown as Sql)
  const expected = await freshRun(
    sql,
    chain.canonical().filter((block) => block.level <= level),
  )
  assert.deepEqual(found, expected)
}

class Rollback extends Error {}

async function freshRun(sql: postgres.Sql, blocks: readonly SimulatedBlock[]) {
  let tables: Awaited<ReturnType<typeof dump>> | undefined
  await sql
    .begin(async (transaction) => {
      await transaction.unsafe('create schema fresh; set local search_path = fresh')
      await transaction.unsafe(SCHEMA)
      for (const block of blocks) await writeRandomly(transaction as unknown as Sql, block)
      tables = await dump(transaction as unknown as Sql)
      throw new Rollback()
    })
    .catch((error: unknown) => {
      if (!(error instanceof Rollback)) throw error
    })
  return tables
}
