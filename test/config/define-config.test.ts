import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectTypeOf } from 'expect-type'
import * as v from 'valibot'
import type { Config } from '../../src/config/config.ts'
import { defineConfig } from '../../src/config/define-config.ts'
import type { BlockRef, Datasource } from '../../src/datasources/datasource.ts'
import type { HandlerContext, HookContext } from '../../src/hooks/context.ts'
import { hook } from '../../src/hooks/hook.ts'

interface LogBlock extends BlockRef {
  readonly logs: readonly { readonly from: string; readonly value: bigint }[]
}

const source = <Block extends BlockRef>(): Datasource<Block> => ({
  description: 'a source of types',
  head: () => Promise.reject(new Error('never asked')),
  blocks: () => Promise.resolve([]),
})

const hooks = {
  stats: hook({ args: { major: v.boolean(), depth: v.number() }, run() {} }),
  none: hook({ run() {} }),
}

test('the config comes back as it is', () => {
  const config = { hooks, postponeJobs: true }
  assert.equal(defineConfig(config), config)
})

test('a handler gets the blocks of its own datasource', () => {
  defineConfig({
    indexes: {
      transfers: {
        datasource: source<LogBlock>(),
        handler: async (ctx, block) => {
          expectTypeOf(ctx).toEqualTypeOf<HandlerContext>()
          expectTypeOf(block).toEqualTypeOf<LogBlock>()
        },
      },
      blocks: {
        datasource: source(),
        handler(_ctx, block) {
          expectTypeOf(block).toEqualTypeOf<BlockRef>()
        },
      },
    },
  })
})

test('hooks get the outputs of their schemas', () => {
  defineConfig({
    hooks: {
      stats: hook({
        args: {
          depth: v.optional(v.number(), 3),
          at: v.pipe(
            v.string(),
            v.transform((text) => new Date(text)),
          ),
        },
        run: async (ctx, args) => {
          expectTypeOf(ctx).toEqualTypeOf<HookContext>()
          expectTypeOf(args).toEqualTypeOf<{ readonly depth: number; readonly at: Date }>()
        },
      }),
    },
    on_index_rollback: async (ctx, index, fromLevel, toLevel) => {
      expectTypeOf(ctx).toEqualTypeOf<HookContext>()
      expectTypeOf([fromLevel, toLevel]).toEqualTypeOf<number[]>()
      await ctx.rollback(index, fromLevel, toLevel)
    },
  })
})

test('the names of indexes, hooks and jobs stay known', () => {
  const config = defineConfig({
    indexes: { blocks: { datasource: source<LogBlock>(), handler() {} } },
    hooks,
    jobs: { nightly: { hook: 'none', crontab: '0 0 * * *' } },
  })
  expectTypeOf<keyof NonNullable<typeof config.indexes>>().toEqualTypeOf<'blocks'>()
  expectTypeOf<keyof NonNullable<typeof config.hooks>>().toEqualTypeOf<'stats' | 'none'>()
  expectTypeOf<keyof NonNullable<typeof config.jobs>>().toEqualTypeOf<'nightly'>()
  expectTypeOf(config).toExtend<Config>()
  expectTypeOf(defineConfig({})).toExtend<Config>()
})

test('a job takes the arguments of its hook', () => {
  defineConfig({
    hooks: { ...hooks, lazy: hook({ args: { depth: v.optional(v.number(), 1) }, run() {} }) },
    jobs: {
      all: { hook: 'stats', args: { major: true, depth: 1 }, interval: 60 },
      left_out: { hook: 'lazy', interval: '5m', maxInstances: 2 },
      none: { hook: 'none', args: {}, daemon: true },
      in_berlin: { hook: 'none', crontab: '0 0 * * *', timezone: 'Europe/Berlin' },
    },
  })
})

test('mistakes do not compile', () => {
  // @ts-expect-error: Type '"nope"' is not assignable to type '"none" | "stats"'
  defineConfig({ hooks, jobs: { job: { hook: 'nope', interval: 1 } } })
  // @ts-expect-error: Property 'depth' is missing in type '{ major: true; }'
  defineConfig({ hooks, jobs: { job: { hook: 'stats', args: { major: true }, interval: 1 } } })
  // @ts-expect-error: Type 'string' is not assignable to type 'number'
  defineConfig({ hooks, jobs: { job: { hook: 'stats', args: { major: true, depth: '3' }, interval: 1 } } })
  const enough = { major: true, depth: 3 } as const
  // @ts-expect-error: 'more' does not exist in type
  defineConfig({ hooks, jobs: { job: { hook: 'stats', args: { ...enough, more: 1 }, interval: 1 } } })
  // @ts-expect-error: Property 'args' is missing
  defineConfig({ hooks, jobs: { job: { hook: 'stats', interval: 1 } } })
  // @ts-expect-error: 'a' does not exist in type 'HookTakesNoArguments'
  defineConfig({ hooks, jobs: { job: { hook: 'none', args: { a: 1 }, interval: 1 } } })
  // @ts-expect-error: no trigger
  defineConfig({ hooks, jobs: { job: { hook: 'none' } } })
  // @ts-expect-error: two triggers
  defineConfig({ hooks, jobs: { job: { hook: 'none', interval: 1, crontab: '* * * * *' } } })
  // @ts-expect-error: 'maxInstance' does not exist … Did you mean to write 'maxInstances'?
  defineConfig({ hooks, jobs: { job: { hook: 'none', interval: 1, maxInstance: 1 } } })
  // @ts-expect-error: … "a job fires a hook of this config: define one under "hooks""
  defineConfig({ jobs: { job: { hook: 'none', interval: 1 } } })
  // @ts-expect-error: … "on_restart is a system hook: move it out of "hooks", to the top level of the config"
  defineConfig({ hooks: { on_restart: hook({ run() {} }) } })
  // @ts-expect-error: 'hoks' does not exist … Did you mean to write 'hooks'?
  defineConfig({ hoks: {} })
  // @ts-expect-error: not made by hook()
  defineConfig({ hooks: { a: { run() {} } } })
  // @ts-expect-error: Property 'logs' does not exist on type 'BlockRef'
  defineConfig({ indexes: { a: { datasource: source(), handler: (_ctx, block) => block.logs } } })
})
