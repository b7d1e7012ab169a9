import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { takeFireTimes } from '../../src/jobs/next-fire-times.ts'
import { parseTrigger } from '../../src/jobs/parse-trigger.ts'
import { MinuteOracle } from './minute-oracle.ts'

/** Each begins days before a change of the clocks (or has none), so that no run starts in the middle of one. */
const WINDOWS = [
  ['Europe/Berlin', '2026-03-25T00:00Z'],
  ['Europe/Berlin', '2026-10-22T00:00Z'],
  ['America/New_York', '2026-03-05T00:00Z'],
  ['America/New_York', '2026-10-29T00:00Z'],
  ['Australia/Lord_Howe', '2026-04-01T00:00Z'],
  ['Australia/Lord_Howe', '2026-10-01T00:00Z'],
  ['America/Santiago', '2026-04-02T00:00Z'],
  ['America/Santiago', '2026-09-03T00:00Z'],
  ['Africa/Cairo', '2026-04-21T00:00Z'],
  ['America/Nuuk', '2026-03-25T00:00Z'],
  ['America/Nuuk', '2026-10-21T00:00Z'],
  ['Asia/Kathmandu', '2028-02-26T00:00Z'],
  ['UTC', '2026-12-29T00:00Z'],
] as const
const DAYS = 6

interface Field {
  readonly text: string
  readonly values: ReadonlySet<number>
  readonly wild: boolean
}

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step)

function field(min: number, max: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min, max })
  const plain = (text: string, values: Iterable<number>): Field => ({
    text,
    values: new Set(values),
    wild: false,
  })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant({ text: '*', values: new Set(range(min, max)), wild: true }) },
    { weight: 4, arbitrary: value.map((one) => plain(`${one}`, [one])) },
    fc.integer({ min: 1, max: max - min }).map((step) => ({
      text: `*/${step}`,
      values: new Set(range(min, max, step)),
      wild: true,
    })),
    fc.tuple(value, value, fc.integer({ min: 1, max: 5 })).map(([a, b, step]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      return plain(`${from}-${to}/${step}`, range(from, to, step))
    }),
    fc.array(value, { minLength: 1, maxLength: 4 }).map((some) => plain(some.join(','), some)),
  )
}

// Hours around the changes often enough.
const hour = fc.oneof(
  field(0, 23),
  fc
    .constantFrom(0, 1, 2, 3, 22, 23)
    .map((h): Field => ({ text: `${h}`, values: new Set([h]), wild: false })),
)
const fields = fc.record({ minute: field(0, 59), hour, day: field(1, 31), weekday: field(0, 6) })

test('a crontab fires as a walk from minute to minute does, also where clocks change', () => {
  const oracles = WINDOWS.map(([zone, from]) => new MinuteOracle(zone, from, DAYS))
  fc.assert(
    fc.property(fc.nat({ max: WINDOWS.length - 1 }), fields, (at, { minute, hour: hours, day, weekday }) => {
      const [zone, from] = WINDOWS[at] ?? WINDOWS[0]
      const expected = oracles[at]?.fireTimes({
        minutes: minute.values,
        hours: hours.values,
        days: day.values,
        weekdays: weekday.values,
        months: new Set(range(1, 12)),
        either: !day.wild && !weekday.wild,
        wild: minute.wild || hours.wild,
      })
      const crontab = `${minute.text} ${hours.text} ${day.text} * ${weekday.text}`
      const start = new Date(new Date(from).getTime() - 1)
      const end = new Date(from).getTime() + DAYS * 86_400_000
      // 300 are enough to pass a change, and keep "* * * * *" quick.
      const got = takeFireTimes(parseTrigger({ crontab, timezone: zone }), { from: start, count: 300 })
      assert.deepEqual(
        got.filter((time) => time.getTime() < end),
        expected?.slice(0, 300),
        `${crontab} in ${zone}`,
      )
    }),
    { numRuns: 300 },
  )
})
