import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { CallbackTypeError } from '../../src/errors.ts'
import { checkArguments } from '../../src/hooks/check-arguments.ts'
import { hook } from '../../src/hooks/hook.ts'

test('what a hook takes is told with one pair of brackets each', async () => {
  const stats = hook({ args: { depth: v.number(), major: v.optional(v.boolean()) }, run: () => {} })
  await assert.rejects(checkArguments('hook "stats"', stats, {}), (error) => {
    assert.ok(error instanceof CallbackTypeError)
    assert.equal(error.hint, 'The hook takes depth (number), major (boolean | undefined).')
    return true
  })
})
