import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createActor } from 'xstate'
import * as v from 'valibot'
import { ConfigurationError, defineConfig, hook, pawl, PawlError, UnknownHookError } from 'pawl'
import { nextEvent, runHook, simulateChain, testDatabase } from 'pawl/testing'
import { decodeArguments } from '../src/hooks/encode-arguments.ts'
import { readLines } from './config/yaml/read-yaml.ts'

const LIMIT = { timeout: 60_000 }
/** What every object has, and no config meant. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty']

test('names that every object has are no hooks', LIMIT, async () => {
  const config = defineConfig({ hooks: { there: hook({ run: () => {} }) } })
  for (const name of INHERITED) {
    await assert.rejects(runHook(config, name as 'there', {}), UnknownHookError, name)
  }
})

test('arguments cannot reach the prototype of anything', LIMIT, async () => {
  const seen: unknown[] = []
  const config = defineConfig({
    hooks: {
      take: hook({
        args: { given: v.record(v.string(), v.unknown()) },
        run: (_, args) => void seen.push(args),
      }),
    },
  })
  const hostile = JSON.parse(
    '{ "given": { "__proto__": { "polluted": true }, "constructor": { "polluted": true } } }',
  )
  await runHook(config, 'take', hostile as never).catch((error: unknown) =>
    assert.ok(error instanceof PawlError),
  )
  const decoded = decodeArguments(JSON.parse('{ "__proto__": { "polluted": true } }'))
  assert.equal(({} as { polluted?: true }).polluted, undefined)
  assert.equal((Object.getPrototypeOf(decoded) as { polluted?: true } | null)?.polluted, undefined)
})

describe('a pawl.yaml of somebody else', () => {
  test('aliases that unfold to billions are an error', () => {
    const bomb = ['a0: &a0 ["x", "x", "x", "x", "x", "x", "x", "x", "x"]']
    for (let level = 1; level < 12; level += 1) {
      bomb.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
      )
    }
    const { issues } = readLines([
      'hooks:',
      '  tick:',
      '    callback: tick',
      '    args: { list: list[str] }',
      'jobs:',
      '  bomb:',
      '    hook: tick',
      '    interval: 60',
      '    args:',
      '      list: *a11',
      ...bomb,
    ])
    assert.notEqual(issues.length, 0)
  })

  test('keys of objects are names like others', () => {
    for (const name of INHERITED) {
      const { issues, hooks } = readLines([
        'hooks:',
        `  ${name}:`,
        '    callback: tick',
        `    ${name}: { polluted: true }`,
        'jobs:',
        `  ${name}: { hook: ${name}, interval: 60, args: { ${name}: { polluted: true } } }`,
        `${name}: { polluted: true }`,
      ])
      assert.ok(issues.length > 0, name)
      assert.ok(hooks.every((each) => !('polluted' in each)))
      assert.equal(({} as { polluted?: true }).polluted, undefined)
    }
  })

  test('nesting without end is an error', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{a: ', '}'],
    ] as const) {
      const { issues } = readLines([`hooks: ${open.repeat(20_000)}${close.repeat(20_000)}`])
      assert.notEqual(issues.length, 0)
    }
  })
})

test('SQL in a name is a name, or refused', LIMIT, async (t) => {
  const evil = `x"; drop schema public cascade; --`
  const tick = hook({ run: () => {} })
  const parts: readonly object[] = [
    { hooks: { [evil]: tick } },
    { hooks: { tick }, jobs: { [evil]: { hook: 'tick', interval: 1 } } },
    { indexes: { [evil]: { datasource: simulateChain({ seed: 1 }).datasource(), handler: () => {} } } },
  ]
  for (const part of parts) assert.throws(() => pawl(part as never), ConfigurationError)

  const database = await testDatabase()
  t.after(() => database.drop())
  await database.sql`create schema ${database.sql(evil)}`
  const chain = simulateChain({ seed: 1, length: 5 })
  const root = createActor(
    pawl(
      defineConfig({
        database: database.url,
        schema: evil,
        immuneTables: [evil],
        on_reindex: async ({ sql }) =>
          void (await sql`create table ${sql(evil + evil)} (level int primary key)`),
        indexes: {
          blocks: {
            datasource: chain.datasource(),
            handler: async ({ sql }, { level }) =>
              void (await sql`insert into ${sql(evil + evil)} values (${level})`),
          },
        },
      }),
    ),
  )
  const ended = new Promise<unknown>((resolve) =>
    root.subscribe({ error: resolve, complete: () => resolve(undefined) }),
  )
  const synchronized = nextEvent(root, 'hook.finished', ({ hook: name }) => name === 'on_synchronized')
  root.start()
  await synchronized
  const rolledBack = nextEvent(root, 'index.rolledBack')
  chain.reorg(2, 3)
  await rolledBack
  root.send({ type: 'STOP' })
  assert.equal(await ended, undefined)
  const [there] = await database.sql`select to_regnamespace('public') is not null as there`
  assert.equal(there?.['there'], true)
})
