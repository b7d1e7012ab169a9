import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import type { ActorPool } from '../../src/actor-pool.ts'
import type { JobConfigs } from '../../src/config/config.ts'
import { createMemoryJobStore } from '../../src/jobs/memory-job-store.ts'
import { startScheduler } from './running-scheduler.ts'

const HOUR = 3_600_000

/** What an inspector that attaches now finds: every actor below this one, pools included, with its state. */
function walk(actor: AnyActorRef): [string, unknown][] {
  const {
    children = {},
    pool,
    value,
  } = actor.getSnapshot() as {
    readonly children?: Readonly<Record<string, AnyActorRef>>
    readonly pool?: ActorPool
    readonly value?: unknown
  }
  const below = [...Object.values(children), ...(pool ?? [])]
  return [[actor.id, value], ...below.flatMap((child) => walk(child))]
}

test('an inspector that attaches late finds every job with its state, and hears what it does next', async (t) => {
  const jobs: JobConfigs = {
    idle: { hook: 'stats', crontab: '0 5 * * *' },
    busy: { hook: 'slow', crontab: '0 * * * *', maxInstances: 2 },
    stopped: { hook: 'stats', interval: 60, paused: true },
    watcher: { hook: 'slow', daemon: true },
    broken: { hook: 'broken', daemon: true, retry: { delay: '1d', maxDelay: '1d' } },
    live: { hook: 'slow', daemon: true, when: 'synchronized' },
  }
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs,
    at: '2026-01-01T00:30',
    fire: ({ hook }) => {
      if (hook === 'slow') return new Promise(() => {})
      if (hook === 'broken') throw new Error('boom')
    },
  })
  run.send({ type: 'START' })
  await run.running()
  await run.clock.advance(HOUR / 2)

  assert.deepEqual(Object.fromEntries(walk(run.actor).filter(([id]) => id.startsWith('job: '))), {
    'job: idle': { scheduled: 'idle' },
    'job: busy': { scheduled: 'busy' },
    'job: stopped': 'paused',
    'job: watcher': { daemon: 'running' },
    'job: broken': { daemon: 'backingOff' },
    'job: live': 'held',
  })
  // Firings are their children.
  assert.equal(walk(run.actor).filter(([id]) => id.startsWith('firing-')).length, 2)

  const heard: string[] = []
  const inspector = run.actor.system.inspect((event: InspectionEvent) => {
    if (event.type === '@xstate.snapshot' && 'value' in event.snapshot)
      heard.push(`${(event.actorRef as AnyActorRef).id} ${JSON.stringify(event.snapshot.value)}`)
  })
  run.send({ type: 'SYNCHRONIZED' })
  run.send({ type: 'PAUSE_JOB', job: 'idle' })
  await run.clock.advance(HOUR)
  inspector.unsubscribe()
  for (const expected of [
    'job: live {"daemon":"running"}',
    'job: idle "paused"',
    'job: busy {"scheduled":"busy"}',
  ])
    assert.ok(heard.includes(expected), `${expected} is not among ${heard.join('; ')}`)
})

test('of very many jobs one has its actor while it fires, and as long as it has something to remember', async (t) => {
  const many = Array.from({ length: 5_000 }, (_, at): [string, JobConfigs[string]] => [
    `other_${at}`,
    { hook: 'stats', crontab: '0 5 * * *' },
  ])
  let end = (): void => {}
  const run = startScheduler(t, {
    database: createMemoryJobStore(),
    jobs: {
      ...Object.fromEntries(many),
      last: { hook: 'slow', crontab: '0 * * * *' },
      flaky: { hook: 'flaky', crontab: '0 * * * *', retry: { attempts: 2, delay: '10m' } },
    },
    at: '2026-01-01T00:30',
    fire: ({ hook }) => {
      if (hook === 'flaky') throw new Error('boom')
      if (hook === 'slow') return new Promise((resolve) => void (end = resolve))
    },
  })
  run.send({ type: 'START' })
  await run.running()
  const jobsOf = (names: readonly string[]) => {
    const all = new Map(walk(run.actor))
    return names.map((name) => all.get(`job: ${name}`))
  }
  const few = ['other_4999', 'last', 'flaky']
  assert.deepEqual(jobsOf(few), [{ scheduled: 'idle' }, undefined, undefined])
  await run.clock.advance(HOUR / 2)
  assert.deepEqual(jobsOf(few), [{ scheduled: 'idle' }, { scheduled: 'busy' }, { scheduled: 'busy' }])
  end()
  await run.clock.advance(HOUR / 3)
  assert.deepEqual(jobsOf(few), [{ scheduled: 'idle' }, undefined, undefined])
  assert.deepEqual(run.told('flaky'), [
    'fired 01:00 for 1',
    'retried 01:00 as 2 in 600000',
    'failed: boom, again in undefined',
  ])
})
