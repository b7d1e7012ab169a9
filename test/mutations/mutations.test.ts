import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { mutate } from './mutation.ts'
import { QUEUE_MUTATIONS } from './queue-mutations.ts'
import { ROLLBACK_MUTATIONS } from './rollback-mutations.ts'

// Whether the tests find them is a longer run: `npm run soak:mutations`.
test('each fault of the mutation tests is one of the code as it stands', () => {
  for (const mutation of [...QUEUE_MUTATIONS, ...ROLLBACK_MUTATIONS]) {
    const source = readFileSync(new URL(`../../src/${mutation.file}.js`, import.meta.url), 'utf8')
    assert.notEqual(mutate(source, mutation), source, mutation.fault)
  }
})
