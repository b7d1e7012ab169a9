import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksFault, linkFault, refFault } from '../../src/indexing/answer-fault.ts'
import { simulateChain } from '../../src/testing/index.ts'

const blocks = simulateChain({ seed: 1, length: 10 }).canonical()
const [first] = blocks
const range = { from: 0, to: 9, finalized: -1 }
const strict = { mayBeginLater: false }

const GARBAGE: readonly (readonly [string, unknown, RegExp])[] = [
  ['no array', {}, /an object is no array of blocks/],
  ['nothing', undefined, /undefined is no array/],
  ['no block', [null], /null is no block/],
  ['a hole', blocks.toSpliced(4, 1), /level 4 is left out, though it is not final/],
  ['a late start', blocks.slice(3), /level 0 is left out/],
  ['a block twice', [first, first], /level 0 comes twice/],
  ['disorder', [...blocks, blocks[3]], /level 3 comes after level 9/],
  ['more than was asked', [{ ...first, level: 10 }], /level 10 was not asked for/],
  ['no hash', [{ ...first, hash: '' }], /level 0 has no hash: ""/],
  ['no parent', [{ ...first, parentHash: 7 }], /level 0 has no parentHash: 7/],
  ['no level', [{ ...first, level: 'seven' }], /its level is "seven"/],
  ['a level below 0', [{ ...first, level: -1 }], /its level is -1/],
  ['a level beyond counting', [{ ...first, level: 2 ** 53 }], /its level is 9007199254740992/],
  ['no time', [{ ...first, timestamp: 1.5 }], /level 0 has the timestamp 1.5/],
]

for (const [name, answer, message] of GARBAGE) {
  test(`an answer with ${name} is faulty`, () => {
    assert.match(blocksFault(answer, range, strict) ?? 'no fault', message)
  })
}

test('whole answers, those that end early, and empty ones are right', () => {
  for (const length of [10, 4, 0])
    assert.equal(blocksFault(blocks.slice(0, length), range, strict), undefined)
})

test('final levels may be left out, others not', () => {
  const sparse = blocks.filter(({ level }) => level > 5 || level === 3)
  assert.equal(blocksFault(sparse, { ...range, finalized: 5 }, strict), undefined)
  assert.match(blocksFault(sparse, { ...range, finalized: 4 }, strict) ?? '', /level 5 is left out/)
})

test('a chain may begin later where nothing is indexed, and has no hole from then on', () => {
  assert.equal(blocksFault(blocks.slice(3), range, { mayBeginLater: true }), undefined)
  assert.match(blocksFault(blocks.slice(3).toSpliced(2, 1), range, { mayBeginLater: true }) ?? '', /level 5/)
})

test('blocks of following levels must follow each other', () => {
  assert.equal(linkFault(blocks), undefined)
  assert.equal(linkFault(blocks.filter(({ level }) => level !== 5)), undefined)
  const [a, b] = blocks
  assert.match(
    linkFault(blocks.filter(({ level }) => level < 1).concat({ ...b!, parentHash: 'other' })) ?? '',
    new RegExp(`the parent of level 1 is other, but level 0 is ${a?.hash}`),
  )
})

test('a ref needs all of its fields, and may have more', () => {
  assert.equal(refFault(first), undefined)
  assert.match(refFault('a block') ?? '', /"a block" is no block/)
})
