import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseArguments } from '../../src/cli/parse-arguments.ts'

test('no digit of an argument is lost', () => {
  const text = `{ "a": 0.1234567890123456789012345, "b": [12345678901234567890, -9007199254740993], "c": 1e999,
    "d": 12.50, "e": "0.1234567890123456789012345 \\" 12345678901234567890", "f": 0.1, "g": -0.0, "h": 1e21 }`
  assert.deepEqual(parseArguments(text), {
    a: '0.1234567890123456789012345',
    b: [12345678901234567890n, -9007199254740993n],
    c: '1e999',
    d: 12.5,
    e: '0.1234567890123456789012345 " 12345678901234567890',
    f: 0.1,
    g: -0,
    h: 1e21,
  })
  assert.equal(parseArguments('[1]'), undefined)
  assert.throws(() => parseArguments('{a}'), SyntaxError)
})

test('what JavaScript wrote is read as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })), (args) => {
      const safe = Object.fromEntries(
        Object.entries(args).filter(
          ([name, value]) =>
            name !== '__proto__' && (!Number.isInteger(value) || Number.isSafeInteger(value)),
        ),
      )
      const text = JSON.stringify(safe)
      assert.deepEqual(parseArguments(text), JSON.parse(text))
    }),
  )
})
