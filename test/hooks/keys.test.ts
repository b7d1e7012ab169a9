import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CallbackTypeError, hook } from 'pawl'
import { keyProblem } from '../../src/hooks/key-problem.ts'
import { openHooks } from './hook-runner-fixture.ts'

const LIMIT = { timeout: 60_000 }
/** As long as it may be, and nothing that an index could compress. */
const LONGEST = randomBytes(2_500).toString('base64').slice(0, 2_500)

test('the longest key fits, also with the longest name of a hook', LIMIT, async (t) => {
  const name = 'h'.repeat(63)
  const { hooks, events, level } = await openHooks(t, { [name]: hook({ run() {} }) })
  const queue = (id: string) =>
    hooks.queue({ id, hook: name, origin: { type: 'outside' }, options: { wait: false, key: LONGEST } })
  await queue('first')
  await queue('second')
  assert.deepEqual(
    events.map((event) => event.type === 'hook.queued' && event.duplicate),
    [false, true],
  )
  await level(async (ctx) => assert.ok(await ctx.once(LONGEST, () => {})))
})

test('a key that PostgreSQL could not store, or would store as another one, is refused', LIMIT, async (t) => {
  assert.match(keyProblem(`${LONGEST}x`) ?? '', /^expected a text of 1 to 2500 bytes, received 2501: "/)
  assert.match(keyProblem('\u4e00'.repeat(1_000)) ?? '', /received 3000: "/)
  assert.match(keyProblem('k\0') ?? '', /with a NUL or half a surrogate pair: "k\\u0000"$/)
  assert.equal(keyProblem('\u{1f600}'), undefined)

  const { hooks } = await openHooks(t, { note: hook({ run() {} }) })
  for (const key of ['k\ud800', 'k\udfff', 'k\0'])
    await assert.rejects(
      hooks.queue({ hook: 'note', origin: { type: 'outside' }, options: { wait: false, key } }),
      (error) => error instanceof CallbackTypeError && /option "key" expected a text/.test(error.message),
    )
})
