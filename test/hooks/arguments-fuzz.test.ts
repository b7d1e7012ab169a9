import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { CallbackTypeError, hook } from 'pawl'
import { checkArguments, foreseeProblems } from '../../src/hooks/check-arguments.ts'
import { anyValue, judgedSchema, type JudgedSchema } from './argument-schemas.ts'
import { openHooks } from './hook-runner-fixture.ts'

const RUNS = Number(process.env['PAWL_RUNS'] ?? 1_500)

const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length')

const hookOf = (schemas: Readonly<Record<string, JudgedSchema>>) =>
  hook({
    args: Object.fromEntries(Object.entries(schemas).map(([key, { schema }]) => [key, schema])),
    run: () => {},
  })

/** Own entries only, `__proto__` among them. */
const dictionary = <T>(value: fc.Arbitrary<T>, options: { readonly maxLength: number }) =>
  fc
    .uniqueArray(fc.tuple(name, value), { ...options, selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries) as Record<string, T>)

function fits({ fits }: JudgedSchema, value: unknown): boolean {
  try {
    return fits(value)
  } catch {
    return false
  }
}

/** @param problems so many may be told of */
function assertShort({ message, hint }: CallbackTypeError, problems: number): void {
  assert.equal(message.length < 100 + problems * 1_500, true, `${message.length} characters`)
  assert.equal(message.includes('\n'), false)
  assert.equal((hint ?? '').startsWith('The hook takes '), true)
}

test('what does not fit is told of, all at once and in short; what fits is let through', async () => {
  await fc.assert(
    fc.asyncProperty(
      dictionary(judgedSchema, { maxLength: 4 }),
      dictionary(anyValue, { maxLength: 4 }),
      async (schemas, thunks) => {
        const args = Object.fromEntries(Object.entries(thunks).map(([key, value]) => [key, value()]))
        const given = new Map(Object.entries(args))
        const wrong = Object.entries(schemas)
          .filter(([key, schema]) => !fits(schema, given.get(key)))
          .map(([key]) => key)
        const unknown = [...given.keys()].filter((key) => !Object.hasOwn(schemas, key))
        const outcome: unknown = await checkArguments('hook "any"', hookOf(schemas), args).catch(
          (error: unknown) => error,
        )
        foreseeProblems(hookOf(schemas), args)
        if (wrong.length + unknown.length === 0) {
          // Not as text: an argument may be called toString.
          assert.equal(outcome instanceof Error, false, outcome instanceof Error ? outcome.message : '')
          assert.deepEqual(
            Object.keys(outcome as object).every((key) => Object.hasOwn(schemas, key)),
            true,
          )
          assert.equal(Object.getPrototypeOf(outcome), Object.prototype)
          return
        }
        assert.ok(outcome instanceof CallbackTypeError, `let through what does not fit ${wrong.join()}`)
        for (const key of wrong) assert.match(outcome.message, new RegExp(`argument "${key}[".]`))
        for (const key of unknown) assert.match(outcome.message, new RegExp(`unknown argument "${key}"`))
        assertShort(outcome, wrong.length + unknown.length)
      },
    ),
    { numRuns: RUNS },
  )
})

test('whatever comes instead of arguments is refused as such', async () => {
  const any = hook({ args: { a: v.unknown() }, run: () => {} })
  await fc.assert(
    fc.asyncProperty(anyValue, async (args) => {
      const outcome: unknown = await checkArguments('hook "any"', any, args()).catch(
        (error: unknown) => error,
      )
      if (outcome instanceof CallbackTypeError) assertShort(outcome, 25)
      else assert.equal(outcome instanceof Error, false, outcome instanceof Error ? outcome.message : '')
    }),
    { numRuns: RUNS },
  )
})

test('thousands of wrong parts and unknown names do not make a long message', async () => {
  const list = hook({ args: { list: v.array(v.number()) }, run: () => {} })
  const args: Record<string, unknown> = { list: Array.from({ length: 50_000 }, (_, at) => String(at)) }
  for (let at = 0; at < 5_000; at += 1) args[`${at}${'x'.repeat(5_000)}`] = at
  const error: unknown = await checkArguments('hook "list"', list, args).catch((error: unknown) => error)
  assert.ok(error instanceof CallbackTypeError)
  assert.match(error.message, /argument "list\.0" expected number, received "0"/)
  assert.match(error.message, /and 49997 more in "list"/)
  assert.match(error.message, /and 4990 more unknown arguments/)
  assert.equal(error.message.length < 3_000, true, `${error.message.length} characters`)
})

test('no callback ever sees what does not fit', async (t) => {
  let called = 0
  const { fire, events } = await openHooks(t, {
    strict: hook({
      args: { major: v.boolean(), depth: v.pipe(v.number(), v.integer()) },
      run: (_, { major, depth }) => {
        assert.equal(typeof major, 'boolean')
        assert.equal(Number.isInteger(depth), true)
        called += 1
      },
    }),
  })
  await fire('strict', { major: true, depth: 1 })
  await fc.assert(
    fc.asyncProperty(anyValue, anyValue, async (majorOf, depthOf) => {
      const [major, depth] = [majorOf(), depthOf()]
      const before = called
      const good = typeof major === 'boolean' && Number.isInteger(depth)
      const error = await fire('strict', { major, depth }).then(
        () => undefined,
        (error: unknown) => error,
      )
      assert.equal(called - before, good ? 1 : 0)
      assert.equal(error instanceof CallbackTypeError, !good)
      const last = events.at(-1)
      assert.equal(last?.type, good ? 'hook.finished' : 'hook.failed')
    }),
    { numRuns: 300 },
  )
})
