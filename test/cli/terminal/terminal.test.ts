import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, test, type TestContext } from 'node:test'
import { createTestDatabase } from '../../support/test-database.ts'
import { createFolder, linkDependencies } from '../cli-process.ts'
import { Transcript } from './transcript.ts'

const LIMIT = { timeout: 300_000 }

const CONFIG = `import { defineConfig, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
import * as v from 'valibot'

export default defineConfig({
  database: process.env.DATABASE_URL,
  schemaVersion: process.env.SCHEMA_VERSION ?? '1',
  immuneTables: ['price'],
  on_reindex: async ({ sql }) => {
    await sql\`create table if not exists price (day date primary key, usd numeric)\`
    await sql\`create table transfer (level int primary key, amount numeric)\`
  },
  indexes: {
    transfers: {
      datasource: simulateChain({ seed: 1, length: 30, finality: 10 }).datasource(),
      handler: async ({ sql }, { level }) => {
        await sql\`insert into transfer values (\${level}, \${level * 100})\`
      },
    },
  },
  hooks: {
    calculate_stats: hook({
      args: { major: v.boolean(), depth: v.pipe(v.number(), v.integer()) },
      run: (ctx, { depth }) => ctx.logger.info('stats of depth ' + depth),
    }),
    announce: hook({
      args: { amount: v.bigint() },
      retry: { attempts: 1 },
      run: () => {
        throw new Error('the service answered 503')
      },
    }),
  },
  jobs: {
    midnight_stats: { hook: 'calculate_stats', crontab: '0 0 * * *', args: { major: true, depth: 10 } },
    hourly_stats: { hook: 'calculate_stats', interval: '1h', args: { major: false, depth: 1 } },
  },
})
`

async function project(t: TestContext, name: string) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, {
    'pawl.config.ts': CONFIG,
    'package.json': '{ "type": "module" }',
    'sql/on_restart/.gitkeep': '',
  })
  linkDependencies(folder)
  const transcript = new Transcript(t, name)
  transcript.mask(hostname(), '<host>')
  transcript.mask(new URL(url).pathname.slice(1), '<name>')
  const env = { DATABASE_URL: url }
  return {
    transcript,
    run: (...args: string[]) => transcript.run(folder, args, env),
    /** At once, for they change nothing. */
    async runAll(...commands: readonly (readonly string[])[]) {
      const results = await Promise.all(commands.map((args) => transcript.start(folder, args, env).ended))
      for (const [at, result] of results.entries()) transcript.add(commands[at] ?? [], result)
    },
    runWith: (more: NodeJS.ProcessEnv, ...args: string[]) =>
      transcript.run(folder, args, { ...env, ...more }),
    start: (...args: string[]) => transcript.start(folder, args, env),
  }
}

describe('what the terminal shows', { concurrency: 2 }, () => {
  test('of what is wrong', LIMIT, async (t) => {
    const [folder, transcript] = [createFolder(t, {}), new Transcript(t, 'wrong')]
    transcript.say('What is no command, no option, or lacks something')
    for (const args of [
      ['rnu'],
      ['run', '--cofig', 'x'],
      ['run', '--config'],
      ['run', 'it'],
      ['hooks', 'fier'],
      ['rollback'],
      ['rollback', 'transfers', 'ten'],
      ['cron', '0 25 * * *'],
      ['cron', '0 0 * * *', '--timezone', 'Mars'],
      ['completion', 'tcsh'],
      ['diagrams', 'indxer'],
    ])
      await transcript.run(folder, args)
    transcript.say('No config')
    await transcript.run(folder, ['run'])
    await transcript.run(folder, ['status', '--config', 'other.ts'])
    transcript.say('A config with mistakes')
    const mistaken = createFolder(t, {
      'pawl.config.ts': `export default {
  hoks: {},
  hooks: { stats: { run() {} } },
  jobs: { a: { hook: 'stat', interval: 60 }, b: { hook: 'stats', crontab: '0 25 * * *' } },
}`,
    })
    linkDependencies(mistaken)
    for (const args of [['config', 'check'], ['run'], ['doctor']]) await transcript.run(mistaken, args)
    transcript.say('A database that does not answer')
    const lonely = createFolder(t, {
      'pawl.config.ts': `export default { database: 'postgres://me:s3cret@127.0.0.1:1/shop', hooks: {} }`,
    })
    for (const args of [['run'], ['status'], ['doctor'], ['jobs', 'list'], ['schema', 'wipe', '--force']])
      await transcript.run(lonely, args)
    transcript.end()
  })

  test('of a project that begins', LIMIT, async (t) => {
    const [folder, transcript] = [createFolder(t, {}), new Transcript(t, 'init')]
    await transcript.run(folder, ['init', '--yes', '--rpc', 'node.example'])
    await transcript.run(folder, ['init', '--yes'])
    await transcript.run(folder, ['init'])
    const yaml = createFolder(t, {})
    await transcript.run(yaml, ['init', '--yaml'])
    await transcript.run(yaml, ['init'])
    transcript.end()
  })

  test('of a project that was never started', LIMIT, async (t) => {
    const { transcript, run, runAll } = await project(t, 'new')
    await run('config', 'check')
    await runAll(
      ['doctor'],
      ['status'],
      ['workers'],
      ['hooks', 'list'],
      ['hooks', 'queue'],
      ['jobs', 'list'],
      ['jobs', 'run', 'midnight_stats'],
      ['schema', 'status'],
      ['rollback', 'transfers', '10'],
      ['rollback', 'transfers', '10', '--dry-run'],
      ['hooks', 'retry', 'announce'],
      ['schema', 'approve'],
      ['schema', 'wipe', '--force'],
      ['inspect'],
    )
    // Last: it makes Pawl's own tables.
    await run('hooks', 'fire', 'calculate_stats', '--args', '{"major": true, "depth": 3}')
    transcript.end()
  })

  test('of a project that runs', LIMIT, async (t) => {
    const { transcript, run, runAll, start } = await project(t, 'running')
    const root = start('run', '--inspect')
    await root.prints(/✓ on_synchronized/)
    transcript.say('While `pawl run --inspect` runs')
    await runAll(
      ['status'],
      ['workers'],
      ['doctor'],
      ['inspect'],
      ['jobs', 'list'],
      ['hooks', 'list'],
      ['hooks', 'queue'],
      ['jobs', 'pause', 'midnight'],
      ['hooks', 'fire', 'calculate_stats', '--args', '{"major": 1}'],
      ['hooks', 'fire', 'calculate_stats', '--args', '{major}'],
      ['hooks', 'fire', 'calculate'],
      ['hooks', 'drop', '00000000-0000-4000-8000-000000000000'],
      ['schema', 'wipe', '--force'],
    )
    await run('jobs', 'pause', 'midnight_stats')
    await run('jobs', 'list')
    await run('jobs', 'resume', 'midnight_stats')
    await run('hooks', 'fire', 'calculate_stats', '--args', '{"major": true, "depth": 3}')
    await root.prints(/✓ calculate_stats .*from outside/)
    await run('jobs', 'run', 'hourly_stats')
    await root.prints(/✓ calculate_stats .*by job/)
    await run('hooks', 'fire', 'announce', '--args', '{"amount": {"$pawl": "bigint", "value": "5"}}')
    await root.prints(/announce failed .* and is not tried again/)
    await run('hooks', 'queue')
    await run('hooks', 'retry', 'announce')
    await root.prints(/(?:announce failed .* and is not tried again[^]*){2}/)
    const queue = await run('hooks', 'queue', '--json')
    const { id } = JSON.parse(queue.out.split('\n')[0] ?? '') as { id: string }
    await run('hooks', 'drop', id)
    root.kill('SIGINT')
    transcript.say('What it printed, until Ctrl-C')
    transcript.add(['run', '--inspect'], await root.ended)
    transcript.end()
  })

  test('of a project whose hooks run in a process of their own', LIMIT, async (t) => {
    const { transcript, run, start } = await project(t, 'worker')
    transcript.say('Before anything was indexed')
    await run('worker', '--roles', 'indexer')
    const root = start('run', '--roles', 'indexer,scheduler')
    await root.prints(/✓ on_synchronized/)
    const worker = start('worker')
    await worker.prints(/● synchronized/)
    transcript.say('While `pawl run --roles indexer,scheduler` and `pawl worker` run')
    await run('workers')
    await run('hooks', 'fire', 'calculate_stats', '--args', '{"major": true, "depth": 3}')
    await worker.prints(/✓ calculate_stats .*from outside/)
    worker.kill('SIGINT')
    transcript.say('What the worker printed, until Ctrl-C')
    transcript.add(['worker'], await worker.ended)
    root.kill('SIGTERM')
    await root.ended
    transcript.end()
  })

  test('of a project that has stopped', LIMIT, async (t) => {
    const { transcript, run, runAll, runWith, start } = await project(t, 'stopped')
    const root = start('run')
    await root.prints(/✓ on_synchronized/)
    root.kill('SIGTERM')
    await root.ended
    await runAll(
      ['status'],
      ['status', '--json'],
      ['workers'],
      ['doctor'],
      ['jobs', 'list'],
      ['schema', 'status'],
      ['rollback', 'transfers', '20', '--dry-run'],
      ['rollback', 'transfers', '20'],
      ['rollback', 'transfer', '10', '--dry-run'],
      ['rollback', 'transfers', '40', '--dry-run'],
      ['schema', 'wipe'],
    )
    await run('rollback', 'transfers', '20', '--force')
    transcript.say('With another schemaVersion')
    const drifted = { SCHEMA_VERSION: '2' }
    for (const args of [
      ['schema', 'status'],
      ['doctor'],
      ['run'],
      ['schema', 'approve'],
      ['schema', 'status'],
    ])
      await runWith(drifted, ...args)
    await run('schema', 'wipe', '--force')
    await run('status')
    transcript.end()
  })

  test('of what needs no project', LIMIT, async (t) => {
    const [folder, transcript] = [createFolder(t, {}), new Transcript(t, 'alone', { exact: true })]
    const from = ['--from', '2026-03-28T12:00:00Z', '--count', '3']
    for (const expression of ['0 9 * * MON', '*/15 8-18 * * 1-5', '0 0 L * *', '30 2 * * *', '@daily'])
      await transcript.run(folder, ['cron', expression, '--timezone', 'Europe/Berlin', ...from])
    await transcript.run(folder, ['cron', '* * * *'])
    await transcript.run(folder, ['diagrams'])
    transcript.end()
  })
})

const ROOT = new URL('../../../../', import.meta.url)

test('no transcript has a secret', () => {
  const wrong = readFileSync(new URL('test/cli/terminal/wrong.txt', ROOT), 'utf8')
  assert.doesNotMatch(wrong, /s3cret/)
})

test('help, which docs/cli.md has as it is printed, fits a terminal of 80 columns', () => {
  const blocks = readFileSync(new URL('docs/cli.md', ROOT), 'utf8').matchAll(/^```text\n([^]*?)^```/gm)
  const lines = [...blocks].flatMap(([, text = '']) => text.split('\n'))
  assert.ok(lines.length > 300)
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  )
})
