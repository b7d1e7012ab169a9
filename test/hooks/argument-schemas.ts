import fc from 'fast-check'
import * as v from 'valibot'

/** A schema, and what it takes by a rule of its own. */
export interface JudgedSchema {
  readonly schema: v.GenericSchema
  /** May throw where the schema may. */
  readonly fits: (value: unknown) => boolean
}

const judged = (schema: unknown, fits: (value: unknown) => boolean): JudgedSchema => ({
  schema: schema as v.GenericSchema,
  fits,
})

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value)

const hasHoles = (value: readonly unknown[]): boolean =>
  Array.from(value, (_, at) => at in value).includes(false)

const refuse = (thrown: unknown) => (): never => {
  throw thrown
}

const leaf: fc.Arbitrary<JudgedSchema> = fc.constantFrom(
  judged(v.boolean(), (value) => typeof value === 'boolean'),
  judged(v.number(), isNumber),
  judged(v.pipe(v.number(), v.integer()), Number.isInteger),
  judged(v.string(), isText),
  judged(v.pipe(v.string(), v.minLength(3)), (value) => isText(value) && value.length >= 3),
  judged(v.bigint(), (value) => typeof value === 'bigint'),
  judged(v.date(), (value) => value instanceof Date && !Number.isNaN(value.getTime())),
  judged(v.picklist(['one', 'two', 3]), (value) => ['one', 'two', 3].includes(value as string)),
  judged(
    v.pipe(v.string(), v.transform(Number), v.integer()),
    (value) => isText(value) && Number.isInteger(Number(value)),
  ),
  judged(v.custom(refuse(new Error('mine'))), () => false),
  judged(v.custom(refuse(Object.create(null))), () => false),
  judged(v.pipe(v.string(), v.transform(refuse('no error'))), () => false),
  judged(
    v.pipe(
      v.unknown(),
      v.check((value) => value === 7, 'seven, please'),
    ),
    (value) => value === 7,
  ),
  judged(
    v.pipe(
      v.unknown(),
      v.check(() => false, 'x'.repeat(100_000)),
    ),
    () => false,
  ),
  judged(
    v.pipeAsync(
      v.string(),
      v.checkAsync(async (text) => text.length % 2 === 0, 'an even length'),
    ),
    (value) => isText(value) && value.length % 2 === 0,
  ),
)

const { schema } = fc.letrec<{ schema: JudgedSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 6, arbitrary: leaf },
    {
      weight: 1,
      arbitrary: tie('schema').map(({ schema, fits }) =>
        judged(v.optionalAsync(schema), (value) => value === undefined || fits(value)),
      ),
    },
    {
      weight: 1,
      arbitrary: tie('schema').map(({ schema, fits }) =>
        judged(v.nullableAsync(schema), (value) => value === null || fits(value)),
      ),
    },
    {
      weight: 1,
      arbitrary: tie('schema').map(({ schema, fits }) =>
        judged(
          v.arrayAsync(schema),
          // Valibot cannot look into holes: an array with some is refused, whatever the items may be.
          (value) => Array.isArray(value) && !hasHoles(value) && value.every(fits),
        ),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('schema'), tie('schema')).map(([one, two]) =>
        judged(
          v.objectAsync({ one: v.nonOptionalAsync(one.schema), two: v.nonOptionalAsync(two.schema) }),
          (value) => {
            if (typeof value !== 'object' || value === null) return false
            const { one: first, two: second } = value as { one?: unknown; two?: unknown }
            return first !== undefined && second !== undefined && one.fits(first) && two.fits(second)
          },
        ),
      ),
    },
  ),
}))

export const judgedSchema = schema

const cyclic: Record<string, unknown> = { one: 1 }
cyclic['two'] = cyclic
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()
const trap = refuse(new Error('trapped'))

/** Anything, and what is made to break whoever looks at it. */
const nasty: readonly unknown[] = [
  true,
  false,
  0,
  -0,
  1,
  3,
  7,
  1.5,
  Number.NaN,
  Infinity,
  2n,
  10n ** 10_000n,
  'one',
  'two',
  '12',
  '',
  'long'.repeat(250_000),
  null,
  undefined,
  new Date(0),
  new Date(Number.NaN),
  Symbol('mine'),
  Object.create(null),
  class Mine extends Error {},
  () => 1,
  cyclic,
  revoked,
  new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap }),
  new Proxy([], { get: trap, has: trap }),
  {
    get one() {
      return trap()
    },
  },
  {
    constructor: {
      get name() {
        return trap()
      },
    },
  },
  Promise.resolve(1),
  Array.from({ length: 20_000 }, (_, at) => ({ at })),
  Array.from({ length: 3 }),
  { one: 'one', two: 7 },
  { one: 1, two: 'two' },
  JSON.parse('{"__proto__": 1, "one": true, "constructor": 2}') as unknown,
]

/** In a function, for fast-check looks into what it makes. */
export const anyValue: fc.Arbitrary<() => unknown> = fc.oneof(
  fc.constantFrom(...nasty.keys()).map((at) => () => nasty[at]),
  fc
    .anything({
      withBigInt: true,
      withDate: true,
      withNullPrototype: true,
      withMap: true,
      withSparseArray: true,
    })
    .map((value) => () => value),
)
