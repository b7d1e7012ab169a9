import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { ArgumentTypeError, parseArgumentType } from '../../../src/config/yaml/parse-argument-type.ts'

const REFUSED = Symbol('refused')

function check(type: string, value: unknown): unknown {
  const result = v.safeParse(parseArgumentType(type).schema, value)
  return result.success ? result.output : REFUSED
}

function refuses(type: string, ...values: unknown[]): void {
  for (const value of values) assert.equal(check(type, value), REFUSED, `${type} took ${String(value)}`)
}

test('a boolean is no number, and a number no boolean', () => {
  assert.equal(check('bool', false), false)
  refuses('bool', 0, 1, 'true', null)
  assert.equal(check('int', -3), -3)
  refuses('int', true, 1.5, '1', 2 ** 53, Number.NaN, 1n)
  assert.equal(check('float', 1), 1)
  assert.equal(check('float', 1.5), 1.5)
  refuses('float', true, '1.5', Number.NaN)
  assert.equal(check('str', ''), '')
  refuses('str', 1, null)
})

test('a decimal is text, with every digit', () => {
  assert.equal(check('decimal.Decimal', '1.00000000000000000000000000001'), '1.00000000000000000000000000001')
  assert.equal(check('Decimal', 0.5), '0.5')
  assert.equal(check('decimal.Decimal', 12n ** 40n), String(12n ** 40n))
  refuses('decimal.Decimal', 'one', '', '1,5', true, Number.NaN, Infinity, '0x10', '.')
})

test('a time without an offset is UTC', () => {
  const noon = new Date('2026-03-01T12:00:00Z')
  assert.deepEqual(check('datetime.datetime', '2026-03-01T12:00:00'), noon)
  assert.deepEqual(check('datetime.datetime', '2026-03-01 12:00'), noon)
  assert.deepEqual(check('datetime', '2026-03-01T14:00:00+02:00'), noon)
  assert.deepEqual(check('datetime.datetime', noon), noon)
  assert.deepEqual(check('datetime.datetime', '2026-03-01'), new Date('2026-03-01T00:00:00Z'))
  refuses('datetime.datetime', '2026-02-31', '2026-03-01T25:00', 'now', 1, new Date(Number.NaN))
  assert.equal(check('datetime.date', '2028-02-29'), '2028-02-29')
  refuses('datetime.date', '2026-02-29', '2026-3-1', noon)
})

test('other types', () => {
  assert.deepEqual(check('bytes', '0x00fF'), new Uint8Array([0, 255]))
  refuses('bytes', '0x0', 'ff', [1])
  assert.equal(check('bigint', 12), 12n)
  refuses('bigint', 1.5, '12')
  assert.deepEqual(check('list[int]', [1, 2]), [1, 2])
  refuses('list[int]', [1, 'x'], 'x')
  assert.deepEqual(check('dict[str, decimal.Decimal]', { a: 1 }), { a: '1' })
  refuses('dict[str, int]', [1], { a: 'x' }, null)
  refuses('dict', [], null, new Date())
  assert.equal(
    check('uuid.UUID', '6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
    '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  )
  refuses('UUID', '6ba7b810')
})

test('what may be left out', () => {
  assert.equal(check('Optional[int] = None', undefined), null)
  assert.equal(check('Decimal = 0.1234567890123456789012345', undefined), '0.1234567890123456789012345')
  assert.equal(check('Optional[Decimal] = 12345678901234567890', undefined), '12345678901234567890')
  assert.equal(check('bigint = 12345678901234567890', undefined), 12345678901234567890n)
  assert.equal(check('int = 5', undefined), 5)
  assert.equal(check("str = 'a=b'", undefined), 'a=b')
  assert.equal(check('Optional[int]', null), null)
  assert.equal(check('int | None', null), null)
  assert.equal(check('typing.Union[int, str]', 'x'), 'x')
  refuses('Optional[int]', undefined, 'x')
  assert.equal(parseArgumentType('int = 5').optional, true)
  assert.equal(parseArgumentType('Optional[int]').optional, false)
})

test('the compiler is told what passes, and what comes', () => {
  const of = (type: string): string[] => {
    const { input, output } = parseArgumentType(type)
    return [input, output]
  }
  assert.deepEqual(of('Optional[decimal.Decimal]'), ['string | number | bigint | null', 'string | null'])
  assert.deepEqual(of('list[int | str]'), ['readonly (number | string)[]', 'readonly (number | string)[]'])
  assert.deepEqual(of('dict[str, datetime.datetime]'), [
    'Readonly<Record<string, Date | string>>',
    'Readonly<Record<string, Date>>',
  ])
})

test("a type of the project's own Python passes anything, and is named", () => {
  const type = parseArgumentType('Optional[demo.models.Side]')
  assert.deepEqual(type.unchecked, ['demo.models.Side'])
  assert.equal(check('demo.models.Side', 3), 3)
})

test('what is no type says what would be right', () => {
  const message = (type: string): string => {
    try {
      parseArgumentType(type)
    } catch (error) {
      if (error instanceof ArgumentTypeError) return error.message
      throw error
    }
    return ''
  }
  assert.equal(message('string'), 'there is no type "string" – did you mean "str"?')
  assert.equal(message('boool'), 'there is no type "boool" – did you mean "bool"?')
  assert.match(message(''), /^expected a type such as bool, int/)
  assert.match(message('list[int'), /^"list\[int" is no type/)
  assert.match(message('int str'), /is no type/)
  assert.match(message('Optional[int, str]'), /is no type/)
  assert.equal(message('int = x'), `the default "x" cannot be read: write None, True, 12 or 'text'`)
  assert.equal(message('int = None'), 'the default null is no int')
  assert.equal(message('int = 12345678901234567890'), 'the default 12345678901234567890n is no int')
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('int', 'list', '[', ']', '|', ',', '=', 'Optional', 'None', '.', '1', 'a.b', ' '),
      ),
      (parts) => void message(parts.join('')),
    ),
  )
})
