import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import postgres from 'postgres'
import { CallbackError, ConfigurationError, FiringLostError, hook } from 'pawl'
import { createMigratedDatabase } from '../support/test-database.ts'
import { startRoot } from './running-root.ts'

interface Left {
  readonly reverting?: boolean
  readonly attempts?: number
  readonly error?: string | null
}

/** Starts a project whose hook is not what it was when this firing was left on the queue. */
async function startWith(t: TestContext, { reverting = false, attempts = 0, error = null }: Left) {
  const { url } = await createMigratedDatabase(t)
  const sql = postgres(url, { max: 1 })
  t.after(() => sql.end())
  await sql`
    insert into pawl.firing (id, hook, args, origin, confirmations, reversible, due_at, reverting, attempts, error)
    values ('left', 'pay', '{}', '{"type":"outside"}', 0, ${reverting}, now(), ${reverting}, ${attempts}, ${error})`
  const { event } = await startRoot(
    t,
    { hooks: { pay: hook({ retry: { attempts: 2 }, run() {} }) } },
    { url },
  )
  const dead = await event('hook.dead', ({ firing }) => firing === 'left')
  const [row] = await sql`select state, reverting, error from pawl.firing`
  assert.deepEqual([row?.['state'], row?.['reverting']], ['dead', reverting])
  return { error: dead.error, stored: String(row?.['error']) }
}

test('a compensation of a hook that has no onReverted any more is kept, and told', async (t) => {
  const { error, stored } = await startWith(t, { reverting: true })
  assert.ok(error instanceof ConfigurationError)
  assert.match(error.message, /^hooks\.pay\.onReverted: is missing|hooks\.pay\.onReverted is missing/)
  assert.equal(stored, error.message)
})

test('one that has failed as often as it may now is dead with the error that it had', async (t) => {
  const { error, stored } = await startWith(t, { attempts: 2, error: 'HTTP 503' })
  assert.ok(error instanceof CallbackError)
  assert.deepEqual([error.message, stored], ['HTTP 503', 'HTTP 503'])
})

test('one that has not failed but ended its processes is told so', async (t) => {
  const { error, stored } = await startWith(t, { attempts: 2 })
  assert.ok(error instanceof FiringLostError)
  assert.match(stored, /its process ended each time/)
})
