import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hook, UnknownHookError } from 'pawl'
import { findHook } from '../../src/hooks/find-hook.ts'

const stats = hook({ run: () => {} })

test('a hook by its name; what is none says which there are', () => {
  assert.equal(findHook({ stats }, 'stats'), stats)
  for (const [name, message, hint] of [
    ['stat', /^there is no hook "stat" – did you mean "stats"\?$/, /^The config has "stats"\.$/],
    [
      'on_restart',
      /^"on_restart" is a system hook: the lifecycle fires it/,
      /a function, and call it from both/,
    ],
    ['toString', /^there is no hook "toString"/, /^The config has "stats"\.$/],
  ] as const) {
    assert.throws(
      () => findHook({ stats }, name),
      (error: unknown) => {
        assert.ok(error instanceof UnknownHookError)
        assert.match(error.message, message)
        assert.match(error.hint ?? '', hint)
        return true
      },
    )
  }
  assert.throws(() => findHook({}, 'stats'), { hint: 'The config has no hooks.' })
})
