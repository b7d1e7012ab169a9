import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { noBrowser, openBrowser, openPage } from '../inspector/browser.ts'
import { Client } from '../inspector/viewer.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { CLI_MAIN, createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'

const LIMIT = { timeout: 180_000 }

const CONFIG = `import { defineConfig, hook } from 'pawl'
import { simulateChain } from 'pawl/testing'
export default defineConfig({
  database: process.env.DATABASE_URL,
  ...(process.env.PORT === undefined ? {} : { inspector: { port: Number(process.env.PORT) } }),
  indexes: { blocks: { datasource: simulateChain({ seed: 1, length: 30, finality: 10 }).datasource(), handler() {} } },
  hooks: { greet: hook({ run() {} }) },
  jobs: { yearly: { hook: 'greet', crontab: '@yearly' } },
})
`

async function project(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  linkDependencies(folder)
  const env = { DATABASE_URL: url }
  return {
    folder,
    env,
    cli: (...args: string[]) => runCli(t, folder, args, env),
    start: (...args: string[]) => startCli(t, folder, args, env),
    place: join(folder, '.pawl', 'inspector.json'),
  }
}

/** The address that a stopped project's inspector prints, once it listens. */
async function addressOf(inspect: ReturnType<typeof startCli>): Promise<string> {
  await inspect.prints(/#token=[\w-]+\n/)
  return /http:\S+/.exec(inspect.printed)?.[0] ?? ''
}

test('pawl inspect finds what runs here, and shows what is stored when nothing does', LIMIT, async (t) => {
  const { cli, start, place } = await project(t)
  const root = start('run', '--inspect')
  await root.prints(/● synchronized/)
  // The token is for the person who asks, and in nothing that may be kept.
  assert.match(root.printed, /inspector at http:\/\/127\.0\.0\.1:\d+; `pawl inspect` prints its address/)
  assert.ok(!root.printed.includes('token='))
  assert.equal(statSync(place).mode & 0o077, 0, 'others may read the token')
  const { code, out: url } = await cli('inspect')
  assert.equal(code, 0)
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/#token=\S+\n$/)
  const asJson = JSON.parse((await cli('inspect', '--json')).out) as {
    live: boolean
    url: string
    pid: number
  }
  assert.deepEqual(asJson, { live: true, url: url.trim(), pid: root.pid })
  const live = new Client(url.trim())
  const { state, project: seen } = await (await live.look(t)).snapshot
  assert.deepEqual([state, seen.live, seen.pid], ['synchronized', true, root.pid])
  const { origin } = new URL(url)
  const wrong = { authorization: 'Bearer wrong-wrong-wrong-wrong' }
  assert.equal((await live.raw('/api/stream', { headers: wrong })).status, 401)
  root.kill('SIGTERM')
  await root.ended
  assert.ok(!existsSync(place), 'the address of what has stopped')

  const blind = start('run')
  await blind.prints(/● synchronized/)
  const beside = start('inspect')
  const of = new Client(await addressOf(beside))
  assert.match(beside.printed, /^A Pawl runs on this database, and no inspector of it was found here/)
  assert.equal((await (await of.look(t)).snapshot).state, 'synchronized')
  for (const process of [beside, blind]) {
    process.kill('SIGTERM')
    await process.ended
  }

  const stored = start('inspect')
  const address = await addressOf(stored)
  assert.match(stored.printed, /^No inspector of a running Pawl was found here/)
  assert.notEqual(new URL(address).hash, new URL(`${origin}${new URL(url).hash}`).hash)
  const client = new Client(address)
  const viewer = await client.look(t)
  const snapshot = await viewer.snapshot
  assert.deepEqual([snapshot.state, snapshot.project.live], ['stopped', false])
  assert.deepEqual(
    snapshot.indexes?.map(({ name, level }) => [name, level]),
    [['blocks', 29]],
  )
  const { jobs = [] } = await viewer.changes(({ jobs: told }) => told !== undefined)
  assert.deepEqual(
    jobs.map(({ name }) => name),
    ['yearly'],
  )
  const refused = await client.command({ type: 'runJob', job: 'yearly' })
  assert.deepEqual([refused.status, refused.ok], [403, false])
  stored.kill('SIGINT')
  assert.equal((await stored.ended).code, 130)
})

test('what was killed left its address behind, which is not taken for a running one', LIMIT, async (t) => {
  const { start, place } = await project(t)
  const root = start('run', '--inspect')
  await root.prints(/● synchronized/)
  root.kill('SIGKILL')
  await root.ended
  assert.ok(existsSync(place))
  const stored = start('inspect')
  await stored.prints(/^No inspector of a running Pawl was found here/)
  await addressOf(stored)
})

test('a port that is taken: another one, unless it was named', LIMIT, async (t) => {
  const { folder, env, cli, start } = await project(t)
  const other = createServer().listen(0, '127.0.0.1')
  t.after(() => other.close())
  await once(other, 'listening')
  const taken = other.address()
  assert.ok(typeof taken === 'object' && taken !== null)
  const { code, err } = await runCli(t, folder, ['run'], { ...env, PORT: String(taken.port) })
  assert.equal(code, 2)
  assert.match(
    err,
    new RegExp(
      `inspector\\.port: 127\\.0\\.0\\.1:${taken.port} cannot be listened on: another process does already`,
    ),
  )
  const second = await project(t)
  const roots = [start('run', '--inspect'), second.start('run', '--inspect')]
  for (const root of roots) await root.prints(/● synchronized/)
  const urls = [await cli('inspect'), await second.cli('inspect')].map(({ out }) => new URL(out.trim()))
  assert.equal(new Set(urls.map(({ port }) => port)).size, 2)
  for (const { href } of urls)
    assert.equal((await (await new Client(href).look(t, 'overview')).snapshot).state, 'synchronized')
})

test('on a terminal the address is printed, with its token', { ...LIMIT, skip: noScript() }, async (t) => {
  const { folder, env, cli } = await project(t)
  const root = startCli(t, folder, [], env, [
    'script',
    '-qfec',
    `'${process.execPath}' '${CLI_MAIN}' run --inspect`,
    '/dev/null',
  ])
  await root.prints(/synchronized/)
  const [, url] = /inspector: (http:\S+#token=[\w-]+)/.exec(root.printed) ?? []
  assert.equal((await cli('inspect')).out.trim(), url)
})

test('the page of pawl inspect shows what is stored', { ...LIMIT, skip: noBrowser }, async (t) => {
  const { start } = await project(t)
  const root = start('run')
  await root.prints(/● synchronized/)
  root.kill('SIGTERM')
  await root.ended
  const stored = start('inspect')
  const browser = await openBrowser()
  t.after(() => browser.close())
  const { page, faults } = await openPage(t, browser, { url: await addressOf(stored) })
  await page.getByRole('row', { name: /blocks 29/ }).waitFor()
  await page.getByText('as stored').waitFor()
  // When it stopped is not known, nor what happened before.
  await page.getByText('As it is stored: nothing of it runs in this process.').waitFor()
  await page.getByText('They are not stored: a Pawl that runs shows its own.').waitFor()
  await page.getByRole('link', { name: 'Actors' }).click()
  await page.getByText('Nothing runs in this process.').waitFor()
  await page.getByRole('link', { name: 'Events' }).click()
  await page.getByText('Events are not stored: a Pawl that runs shows its own.').waitFor()
  await page.getByRole('link', { name: 'Jobs' }).click()
  const job = page.getByRole('listitem', { name: 'yearly' })
  await job.waitFor()
  assert.equal(await job.getByRole('button').count(), 0, 'nothing is to be done here')
  await page.getByRole('link', { name: 'Hooks' }).click()
  await page.getByText('greet', { exact: true }).click()
  await page.getByText('This inspector is read-only.').waitFor()
  assert.deepEqual(faults, [])
})

function noScript(): false | string {
  const { status } = spawnSync('script', ['-qec', 'true', '/dev/null'])
  return status === 0 ? false : 'there is no `script` of util-linux'
}
