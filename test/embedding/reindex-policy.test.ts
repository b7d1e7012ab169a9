import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { ReindexRequiredError, type Config, type HookContext } from 'pawl'
import { evm } from 'pawl/evm'
import { simulateChain, type SimulatedChain } from 'pawl/testing'
import { migrate, MIGRATIONS } from '../../src/database/migrate.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { silentLogger, type Logger } from '../../src/logger.ts'
import { indexFingerprint } from '../../src/root/fingerprint.ts'
import { LifecycleStore } from '../../src/root/lifecycle-store.ts'
import { createFolder } from '../cli/cli-process.ts'
import { createRoot, startRoot } from './running-root.ts'

const LIMIT = { timeout: 300_000 }

const TABLE = 'create table seen (level int primary key, hash text not null unique);\n'

function following(chain: SimulatedChain, more: object = {}) {
  return {
    datasource: chain.datasource(),
    handler: async ({ sql }: Pick<HookContext, 'sql'>, { level, hash }: { level: number; hash: string }) => {
      await sql`insert into seen values (${level}, ${hash})`
    },
    ...more,
  }
}

/** A project whose tables are made by scripts, and its later starts. */
async function project(t: TestContext, chain = simulateChain({ seed: 1, length: 30, finality: 10 })) {
  const directory = createFolder(t, { 'sql/on_reindex/1-tables.sql': TABLE })
  const warnings: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (message) => void warnings.push(message),
    child: () => logger,
  }
  const config = (more: Partial<Config> = {}) =>
    ({
      directory,
      logger,
      on_reindex: () => {},
      indexes: { blocks: following(chain) },
      ...more,
    }) as unknown as Config
  const first = await startRoot(t, config())
  await first.stop()
  return {
    chain,
    warnings,
    sql: first.sql,
    url: first.url,
    write: (file: string, text: string) => writeFileSync(join(directory, 'sql/on_reindex', file), text),
    create: (more: Partial<Config> = {}) => createRoot(t, { ...config(more), database: first.url }),
    start: (more: Partial<Config> = {}) => startRoot(t, { ...config(more), database: first.url }),
    seen: async () =>
      (await first.sql<{ level: number; hash: string }[]>`select level, hash from seen order by level`).map(
        (row) => ({
          ...row,
        }),
      ),
    canonical: () =>
      Array.from({ length: chain.head.level + 1 }, (_, level) => ({ level, hash: chain.block(level)?.hash })),
    approve: async () => {
      const database = await openDatabase({
        url: first.url,
        directory: '',
        schema: 'public',
        logger: silentLogger,
      })
      await new LifecycleStore(database).approve()
      await database.close()
    },
  }
}

type Project = Awaited<ReturnType<typeof project>>

async function refusalOf({ create }: Project, more: Partial<Config> = {}): Promise<ReindexRequiredError> {
  const { start, ended } = await create(more)
  start()
  const { error } = await ended
  assert.ok(error instanceof ReindexRequiredError, String(error))
  return error
}

const reasons = (story: readonly string[]): readonly string[] =>
  story.filter((line) => line.startsWith('reindex:'))

const MODIFIED: Record<string, { readonly make: (p: Project) => Partial<Config>; readonly told: RegExp }> = {
  schema_modified: {
    make: ({ write }) => {
      write('2-more.sql', 'create table more (id int primary key);')
      write('1-tables.sql', `-- other\n${TABLE}`)
      return {}
    },
    told: /schema_modified: sql\/on_reindex\/1-tables\.sql has changed\nschema_modified: sql\/on_reindex\/2-more\.sql is new$/,
  },
  config_modified: {
    make: ({ chain }) =>
      ({ indexes: { blocks: following(chain, { firstLevel: 5 }) } }) as unknown as Partial<Config>,
    told: /: config_modified: index "blocks": firstLevel: null → 5$/,
  },
}

describe('what is indexed and does not fit any more', { concurrency: 2, ...LIMIT }, () => {
  for (const [reason, { make, told }] of Object.entries(MODIFIED)) {
    test(`${reason} stops each start with what is different, until it is approved`, async (t) => {
      const made = await project(t)
      const before = await made.seen()
      const more = make(made)
      for (const _ of [1, 2]) {
        const error = await refusalOf(made, more)
        assert.match(error.message, told)
        assert.match(error.hint ?? '', new RegExp(`pawl schema wipe.*pawl schema approve.*${reason}: 'wipe'`))
      }
      assert.deepEqual(await made.seen(), before)
      await made.approve()
      const next = await made.start(more)
      assert.deepEqual(reasons(next.emitted.story()), [])
      assert.deepEqual(await made.seen(), before)
      await next.stop()
      const after = await made.start(more)
      assert.deepEqual(reasons(after.emitted.story()), [])
    })

    test(`${reason} with wipe indexes again, once`, async (t) => {
      const made = await project(t)
      await made.sql`update seen set hash = 'stale ' || level`
      const more = { ...make(made), reindex: { [reason]: 'wipe' } }
      const next = await made.start(more)
      assert.deepEqual(reasons(next.emitted.story()), [`reindex: ${reason}`])
      const seen = await made.seen()
      assert.ok(seen.length > 0 && seen.every(({ hash }) => !hash.startsWith('stale')))
      await next.stop()
      const after = await made.start(more)
      assert.deepEqual(reasons(after.emitted.story()), [])
    })

    test(`${reason} with ignore is told at each start, and changes nothing`, async (t) => {
      const made = await project(t)
      const before = await made.seen()
      const more = { ...make(made), reindex: { [reason]: 'ignore' } }
      for (const count of [1, 2]) {
        const next = await made.start(more)
        await next.stop()
        assert.equal(made.warnings.filter((line) => line.startsWith(`${reason}, and ignored`)).length, count)
      }
      assert.deepEqual(await made.seen(), before)
    })
  }

  test('exception outweighs wipe, and wipe ignore', async (t) => {
    const made = await project(t)
    const both = { ...MODIFIED['schema_modified']?.make(made), ...MODIFIED['config_modified']?.make(made) }
    await refusalOf(made, { ...both, reindex: { schema_modified: 'wipe' } })
    const next = await made.start({
      ...both,
      reindex: { schema_modified: 'ignore', config_modified: 'wipe' },
    })
    assert.deepEqual(reasons(next.emitted.story()), ['reindex: config_modified'])
  })

  test('a step of Pawl that needs it', async (t) => {
    const made = await project(t)
    const database = await openDatabase({
      url: made.url,
      directory: '',
      schema: 'public',
      logger: silentLogger,
    })
    t.after(() => database.close())
    const step = {
      id: 1_000,
      name: 'step',
      up: () => 'select 1',
      needsReindex: 'the journal of 0.1 cannot be read',
    }
    await migrate(database, { migrations: [...MIGRATIONS, step] })
    await made.sql`delete from pawl.migration where id = 1000`
    const error = await refusalOf(made)
    assert.match(error.message, /: migration: the journal of 0\.1 cannot be read$/)
    const next = await made.start({ reindex: { migration: 'wipe' } })
    assert.deepEqual(reasons(next.emitted.story()), ['reindex: migration'])
    await next.stop()
    assert.deepEqual(reasons((await made.start()).emitted.story()), [])
  })

  test('is not: other line ends, another index, one less, schemaVersion left out', async (t) => {
    const made = await project(t)
    made.write('1-tables.sql', `\uFEFF${TABLE.replaceAll('\n', '\r\n')}`)
    const one = await made.start({
      indexes: {
        blocks: following(made.chain),
        more: { datasource: made.chain.datasource(), handler() {} },
      },
    } as unknown as Partial<Config>)
    await one.stop()
    const two = await made.start({ indexes: {} })
    await two.stop()
    const error = await refusalOf(made, { schemaVersion: 2 })
    assert.match(error.message, /: schema_modified: schemaVersion: null → 2$/)
  })
})

test('a fingerprint is of what a node is asked for, not of the node nor of the order', () => {
  const event = (name: string) =>
    ({ type: 'event', name, inputs: [{ name: 'a', type: 'address', indexed: true }] }) as const
  const [a, b] = [
    '0x00000000000000000000000000000000000000aA',
    '0x00000000000000000000000000000000000000bB',
  ] as const
  const index = (url: string, logs: Parameters<typeof evm>[0]['logs'], more: object = {}) =>
    indexFingerprint({
      datasource: evm({ url, ...(logs === undefined ? {} : { logs }), ...more }),
      handler() {},
    })
  const one = index('http://one', [{ address: [a, b], event: [event('A'), event('B')] }])
  const two = index('wss://two/key', [
    { address: b, event: [event('B'), event('A')] },
    { address: a.toLowerCase() as typeof a, event: [event('A'), event('B')] },
  ])
  assert.deepEqual(one, two)
  assert.notDeepEqual(one, index('http://one', [{ address: a, event: [event('A'), event('B')] }]))
  assert.notDeepEqual(one, index('http://one', [{ address: [a, b], event: [event('A')] }]))
  assert.notDeepEqual(index('http://one', undefined), index('http://one', undefined, { blocks: 'full' }))
})

describe('a reorg that is deeper than what can be undone', { concurrency: 2, ...LIMIT }, () => {
  test('stops its index, and says which rows are orphans', async (t) => {
    const made = await project(t)
    const { root, emitted } = await made.start()
    made.chain.reorg(20)
    const { error } = await emitted.next('index.failed')
    assert.match(String(error), /cannot be undone/)
    assert.match((error as { hint?: string }).hint ?? '', /pawl schema wipe.*rollback: 'wipe'/)
    void root
  })

  test('with wipe is indexed again', async (t) => {
    const made = await project(t)
    const { emitted } = await made.start({ reindex: { rollback: 'wipe' } })
    made.chain.reorg(20)
    await emitted.synchronized()
    assert.deepEqual(reasons(emitted.story()), ['reindex: rollback'])
    assert.deepEqual(await made.seen(), made.canonical())
  })

  test('with ignore leaves the rows, says so, and goes on', async (t) => {
    const made = await project(t)
    let orphanedFrom: number | undefined
    const more = {
      reindex: { rollback: 'ignore' },
      on_synchronized: ({ indexes }: HookContext) => void (orphanedFrom = indexes['blocks']?.orphanedFrom),
    } as const
    const { emitted, stop } = await made.start(more)
    const before = await made.seen()
    made.chain.reorg(20, 25)
    const orphaned = await emitted.next('index.orphaned')
    assert.equal(orphaned.toLevel, 29)
    assert.ok(orphaned.fromLevel <= 20)
    await emitted.next('index.progress', ({ level }) => level === made.chain.head.level)
    const seen = await made.seen()
    assert.deepEqual(seen.slice(0, 30), before)
    assert.deepEqual(seen.slice(30), made.canonical().slice(30))
    // What comes after it is undone as ever.
    made.chain.reorg(3, 4)
    await emitted.next('index.rolledBack')
    await emitted.synchronized()
    assert.deepEqual((await made.seen()).slice(30), made.canonical().slice(30))
    await stop()
    const next = await made.start(more)
    assert.equal(orphanedFrom, orphaned.fromLevel)
    await next.stop()
    await made.approve()
    await made.start(more)
    assert.equal(orphanedFrom, undefined)
  })
})

describe('a rollback that the database refuses', { concurrency: 2, ...LIMIT }, () => {
  /** A row from outside has the hash of one that has to come back. */
  async function refused(t: TestContext, action: 'wipe' | 'ignore') {
    const made = await project(t)
    const config = {
      reindex: { rollback: action },
      schemaVersion: 1,
      indexes: {
        blocks: following(made.chain, {
          handler: async (
            { sql }: Pick<HookContext, 'sql'>,
            { level, hash }: { level: number; hash: string },
          ) => {
            await sql`insert into seen values (${level}, ${hash})`
            if (level === 31) await sql`delete from seen where level = 29`
          },
        }),
      },
    } as unknown as Partial<Config>
    await made.approve()
    const { emitted } = await made.start(config)
    made.chain.extend(3)
    await emitted.next('index.progress', ({ level }) => level === 32)
    await made.sql`insert into seen values (-1, ${made.chain.block(29)?.hash ?? ''})`
    made.chain.reorg(2, 3)
    return { made, emitted }
  }

  test('with wipe is indexed again', async (t) => {
    const { made, emitted } = await refused(t, 'wipe')
    await emitted.next('reindex', ({ reason }) => reason === 'rollback')
    await emitted.next(
      'index.progress',
      ({ hash, synchronized }) => synchronized && hash === made.chain.head.hash,
    )
    assert.equal((await made.seen()).length, made.chain.head.level)
  })

  test('with ignore leaves the rows, and goes on', async (t) => {
    const { made, emitted } = await refused(t, 'ignore')
    const { fromLevel, toLevel } = await emitted.next('index.orphaned')
    assert.deepEqual({ fromLevel, toLevel }, { fromLevel: 31, toLevel: 32 })
    const { error } = await emitted.next('index.failed')
    // Its own rows are still there, and the handler meets them: that is what ignoring means.
    assert.match(String(error), /duplicate key|unique/)
    void made
  })
})

test('a reindex by hand follows its policy, too', LIMIT, async (t) => {
  const made = await project(t)
  const strict = await made.start({ reindex: { manual: 'exception' } })
  strict.root.send({ type: 'REINDEX' })
  const { error } = await strict.ended
  assert.ok(error instanceof ReindexRequiredError)
  assert.equal((await made.seen()).length, 30)

  const calm = await made.start({ reindex: { manual: 'ignore' } })
  calm.root.send({ type: 'REINDEX' })
  await calm.emitted.synchronized()
  assert.deepEqual(reasons(calm.emitted.story()), [])
  assert.ok(made.warnings.some((line) => /a reindex was asked for, and is ignored \(manual\)/.test(line)))
})
