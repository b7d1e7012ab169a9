import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrapLine } from '../../src/text/wrap-line.ts'

test('a line is broken at spaces, and goes on as far in as it began', () => {
  assert.deepEqual(wrapLine('  one two three four', 12), ['  one two', '  three four'])
  assert.deepEqual(wrapLine('short', 80), ['short'])
  assert.deepEqual(wrapLine('', 80), [''])
})

test('a word that is too long stays whole', () => {
  assert.deepEqual(wrapLine('see /a/very/long/path now', 10), ['see', '/a/very/long/path', 'now'])
})

test('colours have no width', () => {
  assert.deepEqual(wrapLine('\u001B[31merror:\u001B[39m what is wrong', 20), [
    '\u001B[31merror:\u001B[39m what is wrong',
  ])
})
