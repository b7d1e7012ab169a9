import assert from 'node:assert/strict'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { fireHook, hook } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { startRoot } from '../hooks/running-root.ts'
import { until } from '../support/until.ts'

const WORKER = fileURLToPath(new URL('./graphile-process.js', import.meta.url))

function startWorker(t: TestContext, url: string): ChildProcess {
  const child = fork(WORKER, [url])
  t.after(() => child.kill('SIGKILL'))
  return child
}

const said = async (child: ChildProcess, what: string): Promise<void> => {
  for (;;) if ((await once(child, 'message'))[0] === what) return
}

test(
  'a worker is killed while it holds a job of a named queue: the firing and the queue go on elsewhere within 10 s',
  { timeout: 60_000 },
  async (t) => {
    const options = { hang: hook({ args: { n: v.number() }, run: () => {} }) }
    const executor = graphileWorker({ hooks: { hang: { queue: 'one' } } })
    const { root, sql, url, state } = await startRoot(t, {
      roles: ['indexer', 'scheduler'],
      hooks: options,
      executor,
    })
    await state('synchronized')
    const victim = startWorker(t, url)
    await fireHook(root, 'hang', { n: 1 }, { wait: false })
    await said(victim, 'run 1')
    const locked = await sql`select locked_by from graphile_worker.jobs where locked_by is not null`
    assert.equal(locked.length, 1)
    const heir = startWorker(t, url)
    await until(sql, (sql) => sql`select from pawl.receiver having count(*) = 2`)
    const again = said(heir, 'run 2')
    const died = performance.now()
    victim.kill('SIGKILL')
    await again
    const took = performance.now() - died
    t.diagnostic(`went on after ${Math.round(took)} ms`)
    assert.ok(took < 10_000, `went on after ${took} ms`)
    await until(sql, (sql) => sql`select where not exists (select from pawl.firing)`)
    await until(sql, (sql) => sql`select where not exists (select from graphile_worker.jobs)`)
    const [queue] =
      await sql`select locked_by from graphile_worker._private_job_queues where queue_name = 'one'`
    assert.equal(queue?.['locked_by'], null)
    t.diagnostic(`graphile-worker's queue was free after ${Math.round(performance.now() - died)} ms`)
    assert.ok(performance.now() - died < 10_000)
    heir.send('stop')
    await once(heir, 'exit')
  },
)
