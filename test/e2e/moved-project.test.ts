import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { simulateChain } from 'pawl/testing'
import { startLocalTzkt } from '../../examples/local-tzkt/start-local-tzkt.ts'
import { accountOf, blockHash, TOKEN } from '../../examples/local-tzkt/tezos-rows.ts'
import { createFolder, runCli, startCli } from '../cli/cli-process.ts'
import { kill, ROOT, stop } from '../examples/running-example.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'

// A DipDup project as teams have them – several statements a script, DO blocks, VACUUM, materialized views, a schema of its own –
// moved over by docs/from-dipdup.md, step by step: `moved-project/was` is what DipDup ran, `is` what was written anew.
const WAS = join(ROOT, 'test', 'e2e', 'moved-project', 'was')
const IS = join(ROOT, 'test', 'e2e', 'moved-project', 'is')
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const run = promisify(execFile)
/** ms. The machine may be busy: seconds by itself. */
const PATIENCE = 180_000

/** What `npm install pawl xstate valibot` and the development packages give a folder. */
function install(folder: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  for (const name of ['xstate', 'valibot', '@types', 'undici-types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
  symlinkSync(ROOT, join(modules, 'pawl'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
}

/** The environment that the project had with DipDup. */
function environmentOf(url: string, tzkt: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(url)
  return {
    POSTGRES_HOST: hostname,
    POSTGRES_PORT: port,
    POSTGRES_USER: username,
    POSTGRES_PASSWORD: decodeURIComponent(password),
    POSTGRES_DB: pathname.slice(1),
    TZKT_URL: tzkt,
    TOKEN,
  }
}

async function moveOver(t: TestContext): Promise<string> {
  const folder = createFolder(t, {})
  cpSync(WAS, folder, { recursive: true })
  install(folder)

  const made = await runCli(t, folder, ['init'])
  assert.equal(made.code, 0, made.err)
  for (const line of [
    'made    hooks/stats/recount.ts',
    'made    hooks/fetch_quotes.ts',
    'made    indexes.ts',
    'kept    sql/refresh_views',
    'kept    sql/stats/recount.sql',
    'kept    sql/on_reindex',
    'made    pawl-env.d.ts',
  ]) {
    assert.ok(made.out.includes(`${line}\n`), `${line} in\n${made.out}`)
  }

  const { code, out } = await runCli(t, folder, ['config', 'check'])
  assert.equal(code, 0)
  const told = out.split('\n').filter((line) => line.startsWith('warning: '))
  assert.equal(told.length, 3, out)
  assert.match(
    told[0] ?? '',
    /dipdup\.yml:15:1: the sections are ignored: "datasources", .* are in indexes\.ts/,
  )
  assert.match(told[1] ?? '', /"early_realtime", "rollback_depth" and "decimal_precision" have no meaning/)
  assert.match(told[2] ?? '', /jobs\.weekly_recount\.crontab: .*Write "dialect: apscheduler" below it/)
  const config = join(folder, 'dipdup.yml')
  const crontab = 'crontab: "0 3 * * 1"\n'
  writeFileSync(config, readFileSync(config, 'utf8').replace(crontab, `${crontab}    dialect: apscheduler\n`))

  cpSync(IS, folder, { recursive: true })
  await run(process.execPath, [TSC, '-p', folder]).catch((error: { stdout: string }) =>
    assert.fail(error.stdout),
  )
  const again = await runCli(t, folder, ['config', 'check'], { TOKEN })
  assert.match(again.out + again.err, /dipdup\.yml: 1 index, 3 hooks, 4 jobs/)
  assert.doesNotMatch(again.out, /dialect/)
  return folder
}

test('a DipDup project moves over by the guide, and does what it did', { timeout: 600_000 }, async (t) => {
  const chain = simulateChain({ seed: 'bazaar', length: 40, accounts: 5 })
  const tzkt = await startLocalTzkt(chain)
  t.after(() => tzkt.close())
  const { url } = await createTestDatabase(t)
  const folder = await moveOver(t)
  const env = environmentOf(url, tzkt.url)
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    connection: { search_path: 'bazaar' },
  })
  t.after(() => sql.end())
  const pawl = async (...args: readonly string[]): Promise<void> => {
    const { code, err } = await runCli(t, folder, args, env)
    assert.equal(code, 0, `pawl ${args.join(' ')}: ${err}`)
  }
  const finished = (hook: string) => new RegExp(`"hook.finished".*"hook":"${hook}"`)
  const headIs = () => new RegExp(`"index.progress".*"hash":"${blockHash(chain.head)}".*"synchronized":true`)
  const expectedBalances = () => {
    const balances = new Map<string, number>()
    for (const { from, to, amount } of chain.canonical().flatMap(({ events }) => events)) {
      balances.set(accountOf(from), (balances.get(accountOf(from)) ?? 0) - amount)
      balances.set(accountOf(to), (balances.get(accountOf(to)) ?? 0) + amount)
    }
    return [...balances].map(([address, balance]) => `${address} ${balance}`).toSorted()
  }
  const lines = async (query: Promise<readonly Record<string, unknown>[]>) =>
    (await query).map((row) => Object.values(row).join(' ')).toSorted()
  const balances = () => lines(sql`select address, balance::text from holder`)

  const first = startCli(t, folder, ['run', '--json'], env)
  await first.prints(headIs(), PATIENCE)
  assert.deepEqual(await balances(), expectedBalances())

  // on_reindex: the tables, then what was made on them by DipDup's scripts, in their order.
  const [made] = await sql`
    select (select string_agg(a.attname, ',' order by a.attnum) from pg_index i join pg_attribute a
              on a.attrelid = i.indrelid and a.attnum = any (i.indkey) where i.indrelid = 'transfer'::regclass and i.indisprimary) as key,
           obj_description('transfer'::regclass) as comment,
           (select reloptions::text from pg_class where oid = 'holder'::regclass) as options,
           (select string_agg(name, ' | ' order by name) from label) as labels`
  assert.deepEqual(made, {
    key: 'id,level',
    comment: 'what moved; see "recount" {not a format string}',
    options: '{fillfactor=80}',
    labels: "it's; burnt | mint's {0}",
  })
  // on_restart: a type that may be there, a view, and what no transaction may hold.
  const [restarted] = await sql`
    select to_regtype('side')::text as side, (select count(*)::int from top_holder) as top`
  assert.deepEqual(restarted, { side: 'side', top: expectedBalances().length })
  // PostgreSQL 14 answers with statistics that are up to half a second old.
  await until(
    sql,
    (sql) => sql`select from pg_stat_user_tables where relid = 'transfer'::regclass and vacuum_count = 1`,
  )

  // Jobs, by hand: what they fire is what they fire by the clock.
  for (const [job, hook] of [
    ['refresh_views', 'refresh_views'],
    ['xtz_usd_quotes', 'fetch_quotes'],
    ['weekly_recount', 'recount'],
  ] as const) {
    await pawl('jobs', 'run', job)
    await first.prints(finished(hook), PATIENCE)
  }
  assert.deepEqual(
    await lines(sql`select address, total::text from holder_stats`),
    await lines(sql`select receiver, sum(amount)::text from transfer group by 1`),
  )
  assert.deepEqual(await lines(sql`select at::text, price::text from quote`), [
    '2021-07-05 01:27:36+00 0',
    '2021-07-05 01:28:36+00 1',
    '2021-07-05 01:29:36+00 2',
  ])
  assert.deepEqual(await lines(sql`select threshold::text, rich = rich(12.5) from recount_log where major`), [
    '12.50 true',
  ])

  chain.reorg(2, 3)
  tzkt.publish()
  await first.prints(headIs(), PATIENCE)
  assert.deepEqual(await balances(), expectedBalances())
  await kill(first)

  // The scripts of on_restart run once more, also over what they have made.
  const second = startCli(t, folder, ['run', '--json'], env)
  await second.prints(headIs(), PATIENCE)
  await stop(second)

  await pawl('schema', 'wipe', '--force')
  const third = startCli(t, folder, ['run', '--json'], env)
  await third.prints(headIs(), PATIENCE)
  await stop(third)
  assert.deepEqual(await balances(), expectedBalances())
  const [kept] =
    await sql`select (select count(*)::int from quote) as quotes, (select count(*)::int from recount_log) as log`
  assert.deepEqual(kept, { quotes: 3, log: 0 })
})
