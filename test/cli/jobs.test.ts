import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder, runCli, startCli } from './cli-process.ts'

const CONFIG = `import { defineConfig, hook } from 'pawl'
export default defineConfig({
  database: process.env.DATABASE_URL,
  hooks: {
    tick: hook({ run: (ctx) => ctx.logger.info('ticked') }),
    started: hook({ run: (ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve())) }),
  },
  jobs: {
    yearly: { hook: 'tick', crontab: '@yearly' },
    idle: { hook: 'tick', crontab: '@yearly', paused: true },
    started: { hook: 'started', daemon: true },
  },
})
`

/** The rows of the jobs are there. */
const JOBS_RUN = /job started fires/

async function project(t: TestContext) {
  const { url } = await createTestDatabase(t)
  const folder = createFolder(t, { 'pawl.config.ts': CONFIG })
  const env = { DATABASE_URL: url }
  return {
    run: () => startCli(t, folder, ['run'], env),
    jobs: (...args: string[]) => runCli(t, folder, ['jobs', ...args], env),
  }
}

describe('pawl jobs', { concurrency: 2 }, () => {
  test('lists, runs, pauses and resumes the jobs of a project that runs', async (t) => {
    const { run, jobs } = await project(t)
    const cli = run()
    await cli.prints(JOBS_RUN)
    assert.deepEqual(await jobs('run', 'idle'), { code: 0, out: 'asked for a firing of job idle\n', err: '' })
    await cli.prints(/job idle fires[^]*ticked/)
    assert.equal((await jobs('pause', 'yearly')).out, 'paused job yearly\n')
    const paused = await jobs('list')
    assert.match(paused.out, /^job +hook +schedule +state +last +next +fired/)
    assert.match(paused.out, /\nidle +tick +crontab @yearly \(UTC\) +paused +\d{4}-\d\d-\d\d [\d:]{8} +– +1 /)
    assert.match(paused.out, /\nyearly +tick +crontab @yearly \(UTC\) +paused +– +– +0 /)
    assert.equal((await jobs('resume', 'yearly')).code, 0)
    cli.kill('SIGTERM')
    assert.equal((await cli.ended).code, 143)
  })

  test('changes a project that does not run: the next start finds it so', async (t) => {
    const { run, jobs } = await project(t)
    assert.match((await jobs('list')).out, /^There are no jobs/)
    const first = run()
    await first.prints(JOBS_RUN)
    first.kill('SIGTERM')
    await first.ended
    assert.equal((await jobs('run', 'yearly')).code, 0)
    assert.equal((await jobs('resume', 'idle')).code, 0)
    const second = run()
    await second.prints(/job yearly fires[^]*ticked/)
    second.kill('SIGTERM')
    await second.ended
    const listed = (await jobs('list', '--json')).out.trimEnd().split('\n')
    const states = listed.map((line) => JSON.parse(line) as { name: string; paused: boolean; fired: number })
    assert.deepEqual(
      states.map(({ name, paused, fired }) => [name, paused, fired]),
      [
        ['idle', false, 0],
        ['started', false, 2],
        ['yearly', false, 1],
      ],
    )
  })

  test('a job that is not there is told with those that are', async (t) => {
    const { run, jobs } = await project(t)
    const cli = run()
    await cli.prints(JOBS_RUN)
    const { code, err } = await jobs('pause', 'yearli')
    assert.equal(code, 2)
    assert.match(err, /there is no job "yearli"/)
    assert.match(err, /"idle", "started" and "yearly"/)
    cli.kill('SIGTERM')
    await cli.ended
  })
})
