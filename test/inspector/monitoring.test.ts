import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import type { AddressInfo } from 'node:net'
import * as v from 'valibot'
import { ConfigurationError, fireHook, hook, type Config, type HookContext } from 'pawl'
import { simulateChain } from 'pawl/testing'
import { Metrics } from '../../src/inspector/metrics.ts'
import type { Logger } from '../../src/logger.ts'
import { silentLogger } from '../../src/logger.ts'
import { createRoot, startRoot } from '../embedding/running-root.ts'

const LIMIT = { timeout: 300_000 }

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function get(url: string, method = 'GET'): Promise<Answer> {
  const response = await fetch(url, { method })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** A config with the server, and where it listens, which its log says. */
function monitored(config: Config) {
  let tell = (_: string): void => {}
  const url = new Promise<string>((resolve) => (tell = resolve))
  const logger: Logger = {
    ...silentLogger,
    info: (message) => {
      const [, found] = /^health at (http:.*?)\/health/.exec(message) ?? []
      if (found !== undefined) tell(found)
    },
    child: () => logger,
  }
  return { url, config: { monitoring: { port: 0 }, logger, ...config } satisfies Config }
}

const chainOf = () => simulateChain({ seed: 1, length: 30, finality: 10 })

const indexing = (chain = chainOf()): Config => ({
  on_reindex: async ({ sql }: HookContext) => void (await sql`create table seen (level int primary key)`),
  indexes: {
    blocks: {
      datasource: chain.datasource(),
      handler: async ({ sql }, { level }) => {
        await sql`insert into seen values (${level}) on conflict do nothing`
      },
    },
  },
})

test('ready is what may be served: not while it starts, catches up, or stops', LIMIT, async (t) => {
  const { url, config } = monitored(indexing())
  let inHook: Answer | undefined
  const { root, emitted, start, ended } = await createRoot(t, {
    ...config,
    on_restart: async () => void (inHook = await get(`${await url}/ready`)),
  })
  start()
  await emitted.synchronized()
  assert.deepEqual(inHook, { status: 503, body: { ready: false, reasons: ['the state is restart'] } })
  assert.deepEqual(await get(`${await url}/ready`), { status: 200, body: { ready: true, reasons: [] } })
  const health = await get(`${await url}/health`)
  assert.deepEqual(health, {
    status: 200,
    body: {
      healthy: true,
      state: 'synchronized',
      indexes: {
        blocks: { name: 'blocks', level: 29, timestamp: 1_600_000_348, head: 29, synchronized: true },
      },
      failed: [],
    },
  })
  root.send({ type: 'STOP' })
  await ended
  await assert.rejects(get(`${await url}/health`))
})

test('a standby is healthy, and not ready', LIMIT, async (t) => {
  const first = await startRoot(t, indexing())
  const { url, config } = monitored(indexing())
  const second = await createRoot(t, { ...config, database: first.url })
  second.start()
  await second.emitted.next('standby')
  assert.equal((await get(`${await url}/health`)).status, 200)
  assert.deepEqual((await get(`${await url}/ready`)).body['reasons'], ['the state is starting'])
})

test('orphaned rows are not ready to be served, whatever the state', LIMIT, async (t) => {
  for (const rollback of ['exception', 'ignore'] as const) {
    const chain = chainOf()
    const { url, config } = monitored({
      ...indexing(chain),
      reindex: { rollback },
      // Keeps the root running when the other has failed.
      indexes: { ...indexing(chain).indexes, other: { datasource: chainOf().datasource(), handler() {} } },
    })
    const { emitted } = await startRoot(t, config)
    chain.reorg(20, 25)
    await emitted.next(rollback === 'ignore' ? 'index.orphaned' : 'index.failed')
    if (rollback === 'ignore') await emitted.next('index.progress', ({ level }) => level === chain.head.level)
    const { status, body } = await get(`${await url}/ready`)
    assert.equal(status, 503)
    assert.match(
      (body['reasons'] as string[]).at(-1) ?? '',
      /^index blocks: rows from level \d+ on are of blocks that left the chain$/,
    )
  }
})

test('an index that has stopped is named, while the others go on', LIMIT, async (t) => {
  const chain = chainOf()
  const broken = {
    datasource: chainOf().datasource(),
    handler() {
      throw new Error('no such token')
    },
  }
  const { url, config } = monitored({
    ...indexing(chain),
    indexes: { ...indexing(chain).indexes, broken },
  })
  const { root, emitted, start } = await createRoot(t, config)
  start()
  await emitted.next('index.failed')
  await emitted.next('index.progress', ({ level }) => level === chain.head.level)
  const health = await get(`${await url}/health`)
  assert.equal(health.status, 200)
  assert.deepEqual(health.body['failed'], ['broken'])
  assert.deepEqual(await get(`${await url}/ready`), {
    status: 503,
    body: {
      ready: false,
      reasons: ['the state is syncing', 'index broken has stopped by an error, which the log tells'],
    },
  })
  root.send({ type: 'REMOVE_INDEX', index: 'broken' })
  await emitted.next('index.removed')
  assert.deepEqual((await get(`${await url}/health`)).body['failed'], [])
})

test('what is not there, or not for reading, is refused', LIMIT, async (t) => {
  const { url, config } = monitored({})
  await startRoot(t, config)
  assert.equal((await get(`${await url}/`)).status, 404)
  assert.equal((await get(`${await url}/health`, 'POST')).status, 405)
  assert.deepEqual(await get(`${await url}/health`, 'HEAD'), { status: 200, body: {} })
})

test('a port that is taken is told before anything is made', LIMIT, async (t) => {
  const port = await takenPort(t)
  const { start, ended, sql } = await createRoot(t, { monitoring: { port } })
  start()
  const { error } = await ended
  assert.ok(error instanceof ConfigurationError)
  assert.match(
    error.message,
    /^monitoring\.port: 127\.0\.0\.1:\d+ cannot be listened on: another process does already$/,
  )
  const [row] = await sql`select to_regnamespace('pawl') is null as untouched`
  assert.deepEqual(row, { untouched: true })
})

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('metrics are counted from the start on, in the format of Prometheus', LIMIT, async (t) => {
  const chain = chainOf()
  const { url, config } = monitored({
    ...indexing(chain),
    hooks: {
      'odd-name': hook({
        args: { fails: v.boolean() },
        run: (_, { fails }) => {
          if (fails) throw new Error('no')
        },
      }),
    },
    jobs: { often: { hook: 'odd-name', interval: '1d', args: { fails: true } } },
  })
  const { root, emitted } = await startRoot(t, config)
  const fire = (fails: boolean) => fireHook(root as never, 'odd-name' as never, { fails } as never)
  await fire(false)
  await assert.rejects(fire(true))
  root.send({ type: 'RUN_JOB', job: 'often' })
  await emitted.next('job.failed')
  chain.reorg(4, 6)
  await emitted.next('index.rolledBack')
  await emitted.next('index.progress', ({ hash }) => hash === chain.head.hash)
  const response = await fetch(`${await url}/metrics`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const samples = readMetrics(await response.text())
  const expected = {
    'pawl_index_level{index="blocks"}': 31,
    'pawl_index_head_level{index="blocks"}': 31,
    'pawl_index_levels_total{index="blocks"}': 36,
    'pawl_index_orphaned{index="blocks"}': 0,
    'pawl_rollbacks_total{index="blocks"}': 1,
    'pawl_rolled_back_levels_total{index="blocks"}': 4,
    'pawl_rollback_duration_seconds_count{index="blocks"}': 1,
    'pawl_reindexes_total{reason="first_start"}': 1,
    'pawl_hook_firings_total{hook="odd-name",outcome="finished"}': 1,
    'pawl_hook_firings_total{hook="odd-name",outcome="failed"}': 2,
    'pawl_hook_firings_running{hook="odd-name"}': 0,
    'pawl_hook_duration_seconds_bucket{hook="odd-name",le="+Inf"}': 3,
    'pawl_job_firings_total{job_name="often"}': 1,
    'pawl_job_failed_total{job_name="often"}': 1,
    'pawl_job_lateness_seconds_count{job_name="often"}': 1,
    'pawl_job_retried_total{job_name="often"}': 0,
    'pawl_job_missed_total{job_name="often",reason="late"}': 0,
    'pawl_hook_dead_total{hook="odd-name"}': 0,
    'pawl_state{state="rollback"}': 0,
    pawl_lease_held: 1,
    'pawl_index_lag_levels{index="blocks"}': 0,
    'pawl_rollback_depth_levels_bucket{index="blocks",le="3"}': 0,
    'pawl_rollback_depth_levels_bucket{index="blocks",le="5"}': 1,
  }
  for (const [sample, value] of Object.entries(expected)) assert.equal(samples.get(sample), value, sample)
  const since = (name: string): number => Date.now() / 1_000 - (samples.get(name) ?? 0)
  assert.ok(
    Math.abs(
      since('pawl_index_level_timestamp_seconds{index="blocks"}') -
        (samples.get('pawl_index_lag_seconds{index="blocks"}') ?? 0),
    ) < 60,
  )
  assert.ok(since('process_start_time_seconds') < 3_600)
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_heap_size_used_bytes',
  ])
    assert.ok((samples.get(name) ?? 0) > 0, name)
})

test('the queue of a hook has a size and an age', LIMIT, async (t) => {
  const { url, config } = monitored({
    hooks: {
      fails: hook({
        retry: { attempts: 1 },
        run: () => {
          throw new Error('no')
        },
      }),
    },
  })
  const { root, emitted } = await startRoot(t, config)
  root.send({ type: 'FIRE_HOOK', hook: 'fails', wait: false } as never)
  await emitted.next('hook.dead')
  const samples = readMetrics(await (await fetch(`${await url}/metrics`)).text())
  assert.equal(samples.get('pawl_hook_queue_size{hook="fails",state="dead"}'), 1)
  const age = samples.get('pawl_hook_queue_oldest_age_seconds{hook="fails",state="dead"}') ?? -1
  assert.ok(age >= 0 && age < 60, `${age} s`)
})

test('the dashboard and the page name the metrics that there are, and the page all of them', async () => {
  const options = { version: '1', hooks: ['h'], jobs: ['j'], clock: { now: () => 0 } }
  const metrics = new Metrics(options)
  const text = metrics.write({ state: 'syncing', indexes: {}, failed: [], holdsLease: true, queue: [] })
  metrics.close()
  const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''))
  const read = (file: string) => readFile(new URL(`../../../docs/${file}`, import.meta.url), 'utf8')
  const named = (page: string): Set<string> =>
    new Set(
      [...page.matchAll(/\b(?:pawl|process|nodejs)_[a-z0-9_]+/g)].map(([name]) =>
        there.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''),
      ),
    )
  const dashboard = await read('grafana-dashboard.json')
  assert.ok(named(dashboard).size > 20)
  for (const name of named(dashboard)) assert.ok(there.has(name), `${name} is no metric`)
  assert.deepEqual([...named(await read('metrics.md'))].toSorted(), [...there].toSorted())
  const { panels } = JSON.parse(dashboard) as { panels: readonly { id: number }[] }
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
})

/** Each line is a comment of a metric, or a sample of the metric above. */
function readMetrics(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>()
  let metric = ''
  assert.ok(text.endsWith('\n'))
  for (const line of text.trimEnd().split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z0-9_]+) .+$/.exec(line)
    if (comment !== null) metric = comment[2] ?? ''
    else {
      const [, name, labels = '', value] =
        /^([a-z0-9_]+)((?:\{[a-z_]+="(?:[^"\\]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\]|\\["\\n])*")*\})?) (\S+)$/.exec(
          line,
        ) ?? []
      assert.ok(name?.startsWith(metric), line)
      const sample = `${name}${labels}`
      assert.ok(!samples.has(sample), `${sample} is there twice`)
      samples.set(sample, Number(value))
    }
  }
  return samples
}
