import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as v from 'valibot'
import { hook, type HandlerContext } from 'pawl'
import { simulateChain } from 'pawl/testing'
import type { HookConfigs } from '../../src/config/config.ts'
import { createMigratedDatabase } from '../support/test-database.ts'
import { latch } from './latch.ts'
import { startRoot } from './running-root.ts'
import type { Executor } from '../../src/hooks/executor.ts'

const LIMIT = { timeout: 300_000 }

const args = { level: v.number(), hash: v.string() }

const EFFECTS = {
  atomic: hook({
    args,
    atomic: true,
    run: async ({ sql }, { level, hash }) => void (await sql`insert into effect values (${level}, ${hash})`),
  }),
  loose: hook({
    args,
    run: async ({ sql }, { level, hash }) => void (await sql`insert into effect values (${level}, ${hash})`),
  }),
}

interface Fire {
  readonly hooks?: HookConfigs
  /** Of the head. Default: 5. */
  readonly level?: number
  readonly lastLevel?: number
  readonly handler: (ctx: HandlerContext, block: { level: number; hash: string }) => Promise<void> | void
}

/** What is promised of durable firings, whoever tells the workers of them. */
export function durableSuite(executor?: Executor): void {
  /** A root that follows a simulated chain, with a table for what its hooks do. */
  async function follow(t: TestContext, { hooks = EFFECTS, level = 5, lastLevel = Infinity, handler }: Fire) {
    const chain = simulateChain({ seed: 7, length: level + 1, finality: 30 })
    const running = await startRoot(t, {
      on_reindex: async ({ sql }) =>
        void (await sql`create table effect (level int, hash text, n int generated always as identity primary key)`),
      hooks,
      ...(executor === undefined ? {} : { executor }),
      indexes: {
        blocks: {
          datasource: chain.datasource(),
          ...(lastLevel === Infinity ? {} : { lastLevel }),
          handler: handler as never,
        },
      },
    })
    const { sql, event } = running
    return {
      ...running,
      chain,
      head: () =>
        event(
          'index.progress',
          (progress) => progress.level === chain.head.level && progress.hash === chain.head.hash,
        ),
      effects: async () =>
        (await sql<{ level: number; hash: string }[]>`select level, hash from effect order by n`).map(
          (row) => ({ ...row }),
        ),
      queued: async () => {
        const [row] = await sql<
          { count: number }[]
        >`select count(*)::int from pawl.firing where state = 'queued'`
        return row?.count
      },
    }
  }

  const of = (chain: ReturnType<typeof simulateChain>, levels: readonly number[]) =>
    levels.map((level) => ({ level, hash: chain.block(level)?.hash ?? '' }))

  // In a fragment: elsewhere the COMMIT would not be sent.
  for (const statement of ['select 1; commit', 'reset all']) {
    test(`atomic: one that sends ${statement} is told so, and not that it ran`, LIMIT, async (t) => {
      const { event } = await follow(t, {
        hooks: {
          ...EFFECTS,
          ends: hook({
            args,
            atomic: true,
            run: async ({ sql }) => void (await sql`${sql.unsafe(statement)}`.simple()),
          }),
        },
        handler: async (ctx, { level, hash }) => {
          if (level === 0) await ctx.fireHook('ends', { level, hash }, { wait: false })
        },
      })
      const { error } = await event('hook.failed', (failed) => failed.hook === 'ends')
      assert.match(
        String(error),
        statement === 'reset all' ? /lost its settings by RESET ALL/ : /ended by a COMMIT/,
      )
    })
  }

  for (const name of ['atomic', 'loose'] as const) {
    test(`${name}: runs after the commit of its level, in order, and is gone then`, LIMIT, async (t) => {
      const { chain, event, effects, sql } = await follow(t, {
        handler: (ctx, { level, hash }) => ctx.fireHook(name, { level, hash }, { wait: false }),
      })
      await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 5)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3, 4, 5]))
      const [row] = await sql`select count(*)::int from pawl.firing`
      assert.deepEqual(row, { count: 0 })
    })

    test(`${name}: never runs when what queued it was rolled back`, LIMIT, async (t) => {
      const { chain, event, effects } = await follow(t, {
        hooks: {
          ...EFFECTS,
          give_up: hook({
            args,
            atomic: true,
            run: async (ctx, block) => {
              await ctx.fireHook(name, block, { wait: false })
              throw new Error('no')
            },
          }),
        },
        handler: async (ctx, { level, hash }) => {
          await ctx.fireHook('give_up', { level, hash }).catch(() => {})
          if (level % 2 === 1) await ctx.fireHook(name, { level, hash }, { wait: false })
        },
      })
      await event(
        'hook.finished',
        ({ hook, origin }) => hook === name && origin.type === 'handler' && origin.level === 5,
      )
      assert.deepEqual(await effects(), of(chain, [1, 3, 5]))
    })

    test(`${name}: with confirmations it waits for them, and a reorg before drops it`, LIMIT, async (t) => {
      const { chain, event, effects, head, events } = await follow(t, {
        level: 5,
        handler: (ctx, { level, hash }) =>
          ctx.fireHook(name, { level, hash }, { wait: false, confirmations: 2 }),
      })
      const ran = (level: number) =>
        event(
          'hook.finished',
          ({ origin, firing }) => origin.type === 'handler' && origin.level === level && isNew(firing),
        )
      const isNew = (firing: string) => !old.has(firing)
      const old = new Set<string>()
      await head()
      await ran(3)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3]))
      chain.reorg(2, 2)
      await event('hook.dropped', ({ origin }) => origin.type === 'handler' && origin.level === 5)
      await head()
      chain.extend(2)
      await head()
      await ran(5)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3, 4, 5]))
      assert.equal(events.filter(({ type }) => type === 'hook.dropped').length, 2)
    })

    test(`${name}: an index that ends has its confirmations by the chain's head`, LIMIT, async (t) => {
      const { chain, event, effects, sql, head, events } = await follow(t, {
        level: 5,
        lastLevel: 5,
        handler: (ctx, { level, hash }) =>
          ctx.fireHook(name, { level, hash }, { wait: false, confirmations: 40 }),
      })
      await head()
      // Before they are deep enough, a reorg may still come.
      chain.reorg(1, 1)
      await event('hook.dropped', ({ origin }) => origin.type === 'handler' && origin.level === 5)
      // Its last level is final, and its end is not: others are to come.
      chain.extend(38)
      await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 3)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3]))
      assert.deepEqual(
        [...(await sql`select level::int from pawl.firing where state = 'queued' order by level`)],
        [{ level: 4 }, { level: 5 }],
      )
      chain.extend(2)
      await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 5)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3, 4, 5]))
      assert.equal(events.filter(({ type }) => type === 'hook.dropped').length, 1)
    })

    test(`${name}: what has run is compensated when its level leaves the chain`, LIMIT, async (t) => {
      const base = EFFECTS[name]
      const undone: string[] = []
      const { chain, event, effects, head, queued } = await follow(t, {
        hooks: {
          [name]: hook({
            args,
            atomic: base.atomic,
            run: base.run,
            onReverted: async ({ sql }, { level, hash }) => {
              undone.push(hash)
              await sql`delete from effect where level = ${level} and hash = ${hash}`
            },
          }),
        },
        // A key that was given free by the compensation fires again.
        handler: (ctx, { level, hash }) =>
          ctx.fireHook(name, { level, hash }, { wait: false, key: `at ${level}` }),
      })
      await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 5)
      const gone = of(chain, [4, 5]).map(({ hash }) => hash)
      chain.reorg(2, 3)
      await head()
      await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 6)
      assert.deepEqual(undone, gone)
      assert.deepEqual(await effects(), of(chain, [0, 1, 2, 3, 4, 5, 6]))
      assert.equal(await queued(), 0)
    })

    const fate =
      name === 'atomic' ? 'left nothing, and is dropped' : 'may have had its effect, and is compensated'
    test(`${name}: one that failed ${fate} when its level leaves the chain`, LIMIT, async (t) => {
      const undone: string[] = []
      const { chain, event, head } = await follow(t, {
        hooks: {
          [name]: hook({
            args,
            atomic: EFFECTS[name].atomic,
            retry: { delay: 300 },
            run: (_, { level }) => {
              if (level === 4) throw new Error('the answer was lost')
            },
            onReverted: (_, { hash }) => void undone.push(hash),
          }),
        },
        handler: (ctx, { level, hash }) => ctx.fireHook(name, { level, hash }, { wait: false }),
      })
      const { firing } = await event('hook.retrying')
      await head()
      const failed = chain.block(4)?.hash
      chain.reorg(2, 3)
      if (name === 'atomic') await event('hook.dropped', (dropped) => dropped.firing === firing)
      else await event('hook.finished', (finished) => finished.firing === firing)
      await head()
      assert.deepEqual(undone, name === 'atomic' ? [] : [failed])
    })
  }

  test('loose: one that fails while its level leaves the chain is compensated', LIMIT, async (t) => {
    const undone: string[] = []
    const [inside, go] = [latch(), latch()]
    let fired = false
    const { chain, event } = await follow(t, {
      hooks: {
        loose: hook({
          args,
          retry: { delay: 300 },
          run: async () => {
            inside.open()
            await go.opened
            throw new Error('the answer was lost')
          },
          onReverted: (_, { hash }) => void undone.push(hash),
        }),
      },
      handler: async (ctx, { level, hash }) => {
        if (level !== 5 || fired) return
        fired = true
        await ctx.fireHook('loose', { level, hash }, { wait: false })
      },
    })
    await inside.opened
    const orphan = chain.head.hash
    chain.reorg(1, 2)
    await event('index.rolledBack')
    go.open()
    await event('hook.finished', (finished) => finished.hook === 'loose')
    assert.deepEqual(undone, [orphan])
  })

  test('one that fails after its level left the chain is told as what becomes of it', LIMIT, async (t) => {
    const go = latch()
    const inside = { again: latch(), last: latch(), undoes: latch() }
    const failing = (name: keyof typeof inside, attempts: number) => ({
      args,
      retry: { attempts, delay: 0 },
      run: async () => {
        inside[name].open()
        await go.opened
        throw new Error('no answer')
      },
    })
    let fired = false
    const { chain, event, events, sql } = await follow(t, {
      hooks: {
        again: hook(failing('again', 2)),
        last: hook(failing('last', 1)),
        undoes: hook({ ...failing('undoes', 1), onReverted: () => {} }),
      },
      handler: async (ctx, { level, hash }) => {
        if (level !== 5 || fired) return
        fired = true
        for (const name of Object.keys(inside)) await ctx.fireHook(name, { level, hash }, { wait: false })
      },
    })
    await Promise.all(Object.values(inside).map(({ opened }) => opened))
    chain.reorg(1, 2)
    await event('index.rolledBack')
    go.open()
    for (const name of ['again', 'last']) await event('hook.dropped', ({ hook }) => hook === name)
    await event('hook.finished', ({ hook }) => hook === 'undoes')
    const told = (name: string) =>
      events.flatMap((one) => ('hook' in one && one.hook === name ? [one.type] : []))
    assert.deepEqual(told('again'), ['hook.started', 'hook.failed', 'hook.dropped'])
    assert.deepEqual(told('last'), ['hook.started', 'hook.failed', 'hook.dropped'])
    assert.deepEqual(told('undoes'), ['hook.started', 'hook.failed', 'hook.started', 'hook.finished'])
    assert.deepEqual([...(await sql`select id from pawl.firing where state = 'dead'`)], [])
  })

  test(
    'a second firing with the same key is the same firing, also when the first has run',
    LIMIT,
    async (t) => {
      const { event, effects } = await follow(t, {
        handler: async (ctx, { level, hash }) => {
          await ctx.fireHook('atomic', { level, hash }, { wait: false, key: 'once' })
          await ctx.fireHook('loose', { level, hash }, { wait: false, key: `${level % 2}` })
          if (level === 5) await ctx.fireHook('loose', { level: -1, hash: '' }, { wait: false })
        },
      })
      await event(
        'hook.finished',
        ({ hook, origin }) => hook === 'loose' && origin.type === 'handler' && origin.level === 5,
      )
      const levels = (await effects()).map(({ level }) => level)
      assert.deepEqual(
        levels.toSorted((a, b) => a - b),
        [-1, 0, 0, 1],
      )
    },
  )

  test('one that fails runs again, holds up those after it, and is dead in the end', LIMIT, async (t) => {
    const seen: string[] = []
    const failing = (attempts: number) =>
      hook({
        args: { n: v.number() },
        retry: { attempts, delay: 0 },
        run: (ctx, { n }) => {
          seen.push(`${ctx.firing.hook} ${n} attempt ${ctx.firing.attempt}`)
          if (n === 1 && ctx.firing.attempt < 3) throw new Error('not yet')
        },
      })
    const { event, sql } = await follow(t, {
      hooks: { patient: failing(3), hasty: failing(2) },
      level: 1,
      handler: async (ctx, { level }) => {
        if (level !== 1) return
        for (const name of ['patient', 'hasty']) {
          for (const n of [1, 2]) await ctx.fireHook(name, { n }, { wait: false })
        }
      },
    })
    const { attempts, hook: name } = await event('hook.dead')
    assert.deepEqual([name, attempts], ['hasty', 2])
    for (const hook of ['patient', 'hasty']) {
      await event(
        'hook.finished',
        (finished) => finished.hook === hook && seen.includes(`${hook} 2 attempt 1`),
      )
    }
    await event(
      'hook.retrying',
      ({ hook, attempt, delay }) => hook === 'patient' && attempt === 2 && delay === 0,
    )
    const of_ = (hook: string) => seen.filter((line) => line.startsWith(hook))
    assert.deepEqual(of_('patient'), [
      'patient 1 attempt 1',
      'patient 1 attempt 2',
      'patient 1 attempt 3',
      'patient 2 attempt 1',
    ])
    assert.deepEqual(of_('hasty'), ['hasty 1 attempt 1', 'hasty 1 attempt 2', 'hasty 2 attempt 1'])
    const [dead] = await sql`select hook, attempts, error from pawl.firing where state = 'dead'`
    assert.deepEqual([dead?.['hook'], dead?.['attempts']], ['hasty', 2])
    assert.match(String(dead?.['error']), /^hook "hasty", fired by .* level 1, failed: not yet/)
  })

  test('several at a time, where the hook allows it', LIMIT, async (t) => {
    let running = 0
    let most = 0
    let together = (): void => {}
    const three = new Promise<void>((resolve) => (together = resolve))
    const { event } = await follow(t, {
      hooks: {
        slow: hook({
          args,
          maxConcurrency: 3,
          run: async () => {
            running += 1
            most = Math.max(most, running)
            if (running === 3) together()
            await three
            running -= 1
          },
        }),
      },
      level: 20,
      handler: (ctx, { level, hash }) => ctx.fireHook('slow', { level, hash }, { wait: false }),
    })
    await event('hook.finished', ({ origin }) => origin.type === 'handler' && origin.level === 20)
    assert.equal(most, 3)
  })

  test('arguments of all kinds come back as they were', LIMIT, async (t) => {
    const given = {
      wei: 10n ** 77n,
      at: new Date('2026-02-29T12:00:00Z'),
      when: new Date('2026-02-28T12:00:00.123Z'),
      bytes: new Uint8Array([0, 255]),
      list: [1, -0, Number.NaN, null, undefined, 'a\0b', '\ud800'],
      $pawl: { $pawl: 'bigint', value: 'x' },
    }
    let got: unknown
    const { event } = await follow(t, {
      hooks: { take: hook({ args: { all: v.any() }, run: (_, { all }) => void (got = all) }) },
      level: 0,
      handler: (ctx) =>
        ctx.fireHook('take', { all: { ...given, holes: Object.assign([1], { 2: 3 }) } }, { wait: false }),
    })
    await event('hook.finished', ({ hook }) => hook === 'take')
    // A hole is undefined to who reads it.
    assert.deepEqual(got, { ...given, holes: [1, undefined, 3] })
  })

  test(
    'what cannot be queued is refused, with the hook, the argument and what would be right',
    LIMIT,
    async (t) => {
      const complaints: Record<string, unknown> = {}
      const circle: Record<string, unknown> = {}
      circle['again'] = circle
      const throws = {
        get it(): never {
          throw new Error('mine')
        },
      }
      const { head } = await follow(t, {
        hooks: { ...EFFECTS, any: hook({ args: { x: v.any() }, run() {} }) },
        level: 0,
        handler: async (ctx) => {
          const attempts = {
            function: () => ctx.fireHook('any', { x: { deep: [() => {}] } }, { wait: false }),
            nul: () => ctx.fireHook('any', { x: { deep: { 'a\0b': 1 } } }, { wait: false }),
            half: () => ctx.fireHook('any', { x: { '\ud800': 1 } }, { wait: false }),
            circle: () => ctx.fireHook('any', { x: circle }, { wait: false }),
            getter: () => ctx.fireHook('any', { x: throws }, { wait: false }),
            schema: () => ctx.fireHook('loose', { level: 'one', hash: '' }, { wait: false }),
            unknown: () => ctx.fireHook('losse', {}, { wait: false }),
            wait: () => ctx.fireHook('any', { x: 1 }, { wait: true } as never),
            confirmations: () => ctx.fireHook('any', { x: 1 }, { wait: false, confirmations: -1 }),
            slip: () => ctx.fireHook('any', { x: 1 }, { wait: false, confirmation: 12 } as never),
            id: () => ctx.fireHook('any', { x: 1 }, { wait: false, id: 'mine', origin: {} } as never),
            none: () => ctx.fireHook('any', { x: 1 }, 'later' as never),
            key: () => ctx.fireHook('any', { x: 1 }, { wait: false, key: '' }),
          }
          for (const [name, attempt] of Object.entries(attempts)) {
            await attempt().catch((error: unknown) => (complaints[name] = (error as Error).message))
          }
        },
      })
      await head()
      const subject = 'hook "any", fired by the handler of index "blocks" at level 0, cannot be queued: '
      assert.equal(complaints['function'], `${subject}argument "x.deep.0" cannot be stored, it is a function`)
      assert.equal(
        complaints['nul'],
        `${subject}argument "x.deep" cannot be stored, its field "a\\u0000b" has a name with a NUL or half a surrogate pair`,
      )
      assert.match(
        String(complaints['half']),
        /argument "x" cannot be stored, its field "\\ud800" has a name/,
      )
      assert.match(
        String(complaints['circle']),
        /argument "x\.again\..*" cannot be stored, it is nested too deep, or in a circle/,
      )
      assert.equal(complaints['getter'], `${subject}they cannot be stored, reading them failed: mine`)
      assert.match(
        String(complaints['schema']),
        /hook "loose", .* was given wrong arguments: argument "level" expected number/,
      )
      assert.match(String(complaints['unknown']), /there is no hook "losse".*"loose"/)
      assert.equal(complaints['wait'], `${subject}option "wait" expected false, received true`)
      assert.equal(
        complaints['slip'],
        `${subject}there is no option "confirmation" – did you mean "confirmations"?`,
      )
      assert.equal(
        complaints['id'],
        `${subject}there is no option "id"; known are "wait", "confirmations" and "key"`,
      )
      assert.match(String(complaints['none']), /its options expected an object .*, received "later"/)
      assert.match(
        String(complaints['confirmations']),
        /option "confirmations" expected a whole number of levels, 0 or more, received -1/,
      )
      assert.match(String(complaints['key']), /option "key" expected a text of 1 to 2500 bytes, received ""/)
    },
  )

  test('confirmations need a level', LIMIT, async (t) => {
    const { root, event } = await follow(t, {
      hooks: {
        ...EFFECTS,
        outside: hook({
          run: (ctx) => ctx.fireHook('loose', { level: 1, hash: '' }, { wait: false, confirmations: 1 }),
        }),
      },
      handler() {},
    })
    root.send({ type: 'FIRE_HOOK', hook: 'outside' })
    const { error } = await event('hook.failed')
    assert.match((error as Error).message, /needs a level to count from/)
  })

  test('one that a stop cut off runs at the next start', LIMIT, async (t) => {
    const database = await createMigratedDatabase(t)
    const attempts: number[] = []
    const config = (hang: boolean) => ({
      hooks: {
        slow: hook({
          run: async (ctx) => {
            attempts.push(ctx.firing.attempt)
            if (hang) await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
            ctx.signal.throwIfAborted()
          },
        }),
        queue_it: hook({ run: (ctx) => ctx.fireHook('slow', {}, { wait: false }) }),
      },
      drainTimeout: 200,
      ...(executor === undefined ? {} : { executor }),
    })
    const first = await startRoot(t, config(true), database)
    first.root.send({ type: 'FIRE_HOOK', hook: 'queue_it' })
    await first.event('hook.started', ({ hook }) => hook === 'slow')
    await first.stop()
    const second = await startRoot(t, config(false), database)
    await second.event('hook.finished', ({ hook }) => hook === 'slow')
    assert.equal(attempts.length, 2)
  })
}
