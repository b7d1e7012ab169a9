import assert from 'node:assert/strict'
import { test } from 'node:test'
import { didYouMean } from '../../src/text/did-you-mean.ts'

const guess = (word: string, ...known: readonly string[]): string | undefined =>
  /"(.*)"/.exec(didYouMean(word, known))?.[1]

test('a slip of the pen is known again: a letter wrong, missing, too many, or two that changed places', () => {
  assert.equal(guess('stets', 'other', 'stats'), 'stats')
  assert.equal(guess('stat', 'stats'), 'stats')
  assert.equal(guess('staats', 'stats'), 'stats')
  assert.equal(guess('stast', 'stats'), 'stats')
  assert.equal(guess('clac', 'calc'), 'calc')
  assert.equal(guess('onRestart', 'on_restart'), 'on_restart')
})

test('another word is not', () => {
  assert.equal(guess('prices', 'stats'), undefined)
  assert.equal(guess('lcca', 'calc'), undefined)
  assert.equal(guess('a'), undefined)
})
