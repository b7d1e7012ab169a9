import assert from 'node:assert/strict'
import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { loadConfig } from '../../src/cli/load-config.ts'
import { CallbackTypeError } from '../../src/errors.ts'
import type { PawlEvent } from '../../src/events.ts'
import { pawl } from '../../src/pawl.ts'
import { TestClock } from '../../src/testing/index.ts'
import { createFolder } from '../cli/cli-process.ts'
import { DIPDUP_EXAMPLE } from '../cli/dipdup-example.ts'
import { createTestDatabase } from '../support/test-database.ts'

const JOB_OF_ALL = `  whole_stats:
    hook: calculate_stats
    interval: 60
    args: { major: True, depth: 7 }
`

const CALLBACK = `import type { HookCallback } from 'pawl'
import { on_restart } from './on_restart.ts'

export const calculate_stats: HookCallback<'calculate_stats'> = async (ctx, { major, depth }) => {
  await ctx.executeSqlScript('calculate_stats', [major, depth])
  if (typeof on_restart !== 'function') throw new Error('not the same module')
}
`

test(
  "DipDup's example runs: jobs without an argument fail alone, by the type of their arguments",
  { timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const folder = createFolder(t, {
      'dipdup.yaml': DIPDUP_EXAMPLE.replace('  daemon_stats:', `${JOB_OF_ALL}  daemon_stats:`),
      'hooks/calculate_stats.ts': CALLBACK,
      'hooks/on_restart.ts': `export const on_restart = async ({ sql }) => void (await sql\`insert into note (text) values ('restart')\`)`,
      'sql/on_reindex/1-tables.sql':
        'create table note (id int generated always as identity primary key, text text);\ncreate table stats (id int generated always as identity primary key, major boolean, depth int);',
      'sql/calculate_stats/1.sql': 'insert into stats (major, depth) values ($1::boolean, $2::int)',
    })
    const { config, warnings } = await loadConfig(undefined, folder)
    assert.equal(warnings.length, 4)
    assert.ok(warnings.every(({ place }) => place?.file.endsWith('dipdup.yaml')))

    const clock = new TestClock({ start: new Date('2026-01-01T23:58:30Z') })
    const root = createActor(pawl({ ...config, database: url, clock }))
    const events = new EventEmitter()
    const failed: PawlEvent[] = []
    root.on('*', (event) => {
      if (event.type === 'hook.failed') failed.push(event)
      events.emit(event.type, event)
    })
    const ended = new Promise<void>((complete, error) => root.subscribe({ complete, error }))
    const seen = (type: string, job: string): Promise<unknown> =>
      new Promise((resolve) => {
        events.on(type, (event: { origin: { job?: string } }) => {
          if (event.origin.job === job) resolve(event)
        })
      })
    const synchronized = once(events, 'lifecycle')
    const daemon = seen('hook.failed', 'daemon_stats')
    root.start()
    await synchronized
    await daemon

    const outcomes = [
      seen('hook.failed', 'minute_stats'),
      seen('hook.failed', 'midnight_stats'),
      seen('hook.finished', 'whole_stats'),
    ]
    let waiting = true
    const all = Promise.all(outcomes).then(() => (waiting = false))
    // The database's answers come in their own time: the clock goes on until all three have fired.
    while (waiting) await clock.advance(30_000)
    await all
    root.send({ type: 'STOP' })
    await ended

    for (const event of failed) {
      assert.ok(event.type === 'hook.failed' && event.error instanceof CallbackTypeError)
      assert.match(event.error.message, /argument "depth" is missing, expected int/)
      assert.ok(event.origin.type === 'job' && event.origin.job !== 'whole_stats')
    }
  },
)
