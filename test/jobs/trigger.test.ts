import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigurationError } from '../../src/errors.ts'
import { dueFireTimes, MOST_FIRE_TIMES } from '../../src/jobs/due-fire-times.ts'
import { parseInterval } from '../../src/jobs/interval.ts'
import { nextFireTimes, takeFireTimes } from '../../src/jobs/next-fire-times.ts'
import { checkTrigger, parseTrigger } from '../../src/jobs/parse-trigger.ts'

const date = (text: string): Date => new Date(`${text}Z`)

test('an interval is seconds, or a number with a unit', () => {
  const cases: readonly (readonly [number | string, number])[] = [
    [1, 1_000],
    [60, 60_000],
    [1.5, 1_500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['100000d', 8_640_000_000_000],
    [' 2 H ', 7_200_000],
    ['0.5m', 30_000],
  ]
  for (const [written, ms] of cases) assert.equal(parseInterval(written), ms, String(written))
  for (const wrong of [0, 0.5, -1, Number.NaN, Infinity, '', '5', '5x', 'm', '0s', '-5m', '1h30m'])
    assert.throws(() => parseInterval(wrong), /is no interval: write seconds \(1 or more\), or '90s'/)
})

test('an interval counts from its anchor, whatever is asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 10_000_000 }),
      fc.integer({ min: 0, max: 2_000_000_000_000 }),
      fc.integer({ min: -1_000_000, max: 1_000_000_000 }),
      (every, anchor, later) => {
        const trigger = parseTrigger({ interval: every / 1_000 }).anchoredAt(new Date(anchor))
        const next = trigger.next(new Date(anchor + later))?.getTime() ?? 0
        assert.ok(next > anchor + later && next > anchor)
        assert.equal((next - anchor) % every, 0)
        assert.ok(next - every <= Math.max(anchor, anchor + later))
      },
    ),
  )
})

test('start and end are inclusive, `from` is not; exhausted there are fewer', () => {
  const window = { start: '2026-01-01T00:00Z', end: new Date('2026-01-03T00:00Z') }
  const from = date('2025-06-01T00:00')
  const days = [date('2026-01-01T00:00'), date('2026-01-02T00:00'), date('2026-01-03T00:00')]
  for (const trigger of [{ crontab: '0 0 * * *' }, { interval: '1d' }]) {
    const job = { ...trigger, ...window } as { interval: string }
    assert.deepEqual(nextFireTimes(job, { from, count: 9 }), days)
    assert.deepEqual(nextFireTimes(job, { from: days[0] ?? from, count: 9 }), days.slice(1))
    assert.deepEqual(nextFireTimes(job, { from: days[2] ?? from, count: 9 }), [])
    assert.deepEqual(nextFireTimes(job, { from, count: 1 }), days.slice(0, 1))
  }
  const [second] = nextFireTimes({ interval: 10 }, { from, count: 1 })
  assert.equal(second?.getTime(), from.getTime() + 10_000)
  assert.deepEqual(nextFireTimes({ interval: 10 }, { from, count: 0 }), [])
})

test('an interval with a start counts from there, whatever its anchor', () => {
  const trigger = parseTrigger({ interval: '1h', start: '2026-01-01T00:20Z' })
  const next = trigger.anchoredAt(date('2026-03-05T17:48')).next(date('2026-03-05T17:48'))
  assert.deepEqual(next, date('2026-03-05T18:20'))
})

test('jitter is the same each time, within its bounds, in order, and never adds up', () => {
  const triggers = fc.constantFrom(
    { crontab: '* * * * *' },
    { crontab: '0,1,30 */2 * * *' },
    { interval: 45 },
    { interval: '3h' },
  )
  const jitters = fc.constantFrom(1, 30, '2m', '1h')
  fc.assert(
    fc.property(triggers, jitters, fc.string(), fc.nat(86_400_000), (when, jitter, job, later) => {
      fc.pre(checkTrigger({ ...when, jitter }).length === 0)
      const from = date('2026-03-28T20:00')
      const end = new Date(from.getTime() + 86_400_000)
      const base = parseTrigger({ ...when, end } as unknown as { interval: number })
      const spread = parseTrigger({ ...when, end, jitter } as unknown as { interval: number }, { job })
      const plain = takeFireTimes(base, { from, count: 100 })
      const spreadOut = takeFireTimes(spread, {
        from: new Date((plain[0]?.getTime() ?? 0) - 1),
        count: plain.length,
      })
      const most = (typeof jitter === 'number' ? jitter : jitter === '2m' ? 120 : 3_600) * 1_000
      for (const [at, time] of plain.entries()) {
        const late = (spreadOut[at]?.getTime() ?? Number.NaN) - time.getTime()
        assert.ok(late >= 0 && late < most && time.getTime() + late <= end.getTime(), `${late} ms`)
        const following = plain[at + 1]
        if (following !== undefined) assert.ok(time.getTime() + late < following.getTime())
      }
      // Asked in the middle, the answers are the same.
      const middle = new Date((plain[0]?.getTime() ?? 0) + later)
      const next = spreadOut.find((time) => time > middle)
      if (next !== undefined) assert.deepEqual(spread.next(middle), next)
    }),
    { numRuns: 60 },
  )
  const [a, b] = ['a', 'b'].map((job) =>
    nextFireTimes({ crontab: '0 * * * *', jitter: '30m' }, { from: date('2026-01-01T00:30'), count: 5, job }),
  )
  assert.notDeepEqual(a, b)
})

test('nextFireTimes leaves out `from` itself, and stops at the count', () => {
  const trigger = parseTrigger({ crontab: '@daily' })
  const times = takeFireTimes(trigger, { from: date('2026-01-01T00:00'), count: 2 })
  assert.deepEqual(times, [date('2026-01-02T00:00'), date('2026-01-03T00:00')])
  assert.deepEqual(takeFireTimes(parseTrigger({ daemon: true }), { from: new Date(0), count: 5 }), [])
})

test('a crontab without a zone is in that of the config, and in UTC when that has none', () => {
  const from = date('2026-01-01T00:00')
  const zoned = (timezone?: string, config?: string) =>
    parseTrigger(
      { crontab: '0 0 * * *', ...(timezone === undefined ? {} : { timezone }) },
      config === undefined ? {} : { timezone: config },
    ).next(from)
  assert.deepEqual(zoned(), date('2026-01-02T00:00'))
  assert.deepEqual(zoned(undefined, 'Asia/Tokyo'), date('2026-01-01T15:00'))
  assert.deepEqual(zoned('UTC', 'Asia/Tokyo'), date('2026-01-02T00:00'))
})

test('triggers describe themselves', () => {
  const described = [
    { crontab: ' 0 0  * * *' },
    { crontab: '0 0 * * *', timezone: 'Asia/Tokyo' },
    { interval: '5m' },
  ].map((config) => parseTrigger(config as { crontab: string }).describe())
  assert.deepEqual(described, ['crontab 0 0 * * * (UTC)', 'crontab 0 0 * * * (Asia/Tokyo)', 'every 300 s'])
  assert.equal(parseTrigger({ daemon: true }).describe(), 'daemon')
  const [start, end] = [date('2026-01-02T00:00'), date('2026-02-01T00:00')]
  const bounds = [{ start }, { end }, { start, end }].map((more) =>
    parseTrigger({ interval: '1h', ...more }).describe(),
  )
  assert.deepEqual(bounds, [
    'every 3600 s from 2026-01-02T00:00:00.000Z',
    'every 3600 s until 2026-02-01T00:00:00.000Z',
    'every 3600 s from 2026-01-02T00:00:00.000Z until 2026-02-01T00:00:00.000Z',
  ])
})

test('what is wrong with a trigger is told with its path', () => {
  const cases: readonly (readonly [object, string, RegExp])[] = [
    [{}, '', /exactly one of crontab, interval and daemon; this one has none/],
    [{ crontab: '* * * * *', interval: 5 }, '', /this one has crontab and interval/],
    [{ crontab: '61 * * * *' }, 'crontab', /^minute "61" is out of range/],
    [{ crontab: 5 }, 'crontab', /is no text/],
    [{ crontab: '* * * * *', timezone: 'Nowhere' }, 'timezone', /"Nowhere" is no IANA time zone/],
    [{ crontab: '* * * * *', timezone: 3 }, 'timezone', /is no text/],
    [{ interval: 5, timezone: 'UTC' }, 'timezone', /only a crontab has a time zone/],
    [{ interval: 0 }, 'interval', /^0 is no interval/],
    [{ interval: '5 parsecs' }, 'interval', /"5 parsecs" is no interval/],
    [{ daemon: false }, 'daemon', /is not true/],
    [{ daemon: true, jitter: 5 }, 'jitter', /a daemon has no fire times/],
    [{ interval: 5, dialect: 'cron' }, 'dialect', /only a crontab has a dialect/],
    [{ crontab: '* * * * *', dialect: 'quartz' }, 'dialect', /write cron \(the default\) or apscheduler/],
    [{ interval: 5, start: 'tomorrow' }, 'start', /is no time: write a Date, or a text such as/],
    [{ interval: 5, end: 5 }, 'end', /is no time/],
    [{ interval: 5, start: '2026-01-02', end: '2026-01-01' }, 'end', /is before start/],
    [{ interval: 5, start: '2026-02-31' }, 'start', /is no time: there is no 2026-02-31/],
    [{ interval: 5, start: '2026-01-01T24:30Z' }, 'start', /is no time: write a Date/],
    [{ interval: 5, start: '2026-01-01T00:00+99:00' }, 'start', /is no time: write a Date/],
    [{ interval: 5, start: '1 January 2026' }, 'start', /is no time: write a Date/],
    [{ interval: 5, jitter: -1 }, 'jitter', /is no duration/],
    [{ interval: 5, jitter: 6 }, 'jitter', /is longer than the interval/],
    [{ crontab: '@monthly', jitter: '25h' }, 'jitter', /is longer than a day/],
    [{ crontab: '0 0 30 2 *' }, 'crontab', /never fires/],
  ]
  for (const [job, path, message] of cases) {
    const [issue, ...more] = checkTrigger(job)
    assert.deepEqual(more, [])
    assert.equal(issue?.path, path)
    assert.match(issue?.message ?? '', message)
    assert.throws(() => parseTrigger(job as { daemon: true }), ConfigurationError)
  }
  assert.deepEqual(checkTrigger({ daemon: true }), [])
  assert.deepEqual(checkTrigger({ crontab: '@daily' }, { timezone: 'Asia/Tokyo' }), [])
})

test('a start without an offset is read on the clocks of the job, and not on those of the machine', () => {
  const start = (written: string, more: object = { crontab: '* * * * *', timezone: 'Europe/Berlin' }) =>
    parseTrigger({ ...more, start: written } as unknown as { crontab: string }, {
      timezone: 'Asia/Tokyo',
    }).next(new Date(0))
  const cases: readonly (readonly [string, string])[] = [
    ['2026-01-31T12:00', '2026-01-31T11:00'],
    ['2026-07-31 12:00', '2026-07-31T10:00'],
    ['2026-02-01', '2026-01-31T23:00'],
    ['2026-01-31T12:00Z', '2026-01-31T12:00'],
    ['2026-01-31T12:00:00.500+05:30', '2026-01-31T06:31'],
    ['2026-01-31T12:00-0500', '2026-01-31T17:00'],
    // Clocks are set forward from 02:00 to 03:00, and back from 03:00 to 02:00: the first of two.
    ['2026-03-29T02:30', '2026-03-29T01:30'],
    ['2026-10-25T02:30', '2026-10-25T00:30'],
  ]
  for (const [written, utc] of cases) assert.deepEqual(start(written), date(utc), written)
  assert.deepEqual(start('2026-02-01', { interval: '1h' }), date('2026-01-31T15:00'))
})

test('the largest jitter takes no time to reckon, also where the last fire time is long ago', () => {
  const end = date('2026-01-02T00:00')
  const trigger = parseTrigger({ crontab: '* * * * * *', jitter: '1d', end })
  const began = performance.now()
  for (let hour = 1; hour < 24; hour++)
    assert.equal(trigger.next(new Date(end.getTime() + hour * 3_600_000)), undefined)
  assert.ok(performance.now() - began < 1_000, `${performance.now() - began} ms`)
})

test('due fire times are those after one time and up to another', () => {
  const trigger = parseTrigger({ crontab: '0 * * * *' })
  assert.deepEqual(dueFireTimes(trigger, date('2026-01-01T01:00'), date('2026-01-01T03:00')), {
    fireTimes: [date('2026-01-01T02:00'), date('2026-01-01T03:00')],
    capped: false,
    next: date('2026-01-01T04:00'),
  })
})

test('too many due fire times are capped, and end with the very last', () => {
  for (const config of [{ crontab: '* 9 * * 1' }, { interval: 1 }, { crontab: '* * * 1 *' }]) {
    const trigger = parseTrigger(config as { interval: number })
    const now = date('2026-03-04T05:06:07.890')
    const { fireTimes, capped, next } = dueFireTimes(trigger, date('2020-01-01T00:00'), now)
    assert.equal(fireTimes.length, MOST_FIRE_TIMES)
    assert.equal(capped, true)
    const last = fireTimes.at(-1) ?? now
    assert.ok(last <= now)
    assert.deepEqual(trigger.next(last), next)
    assert.ok(next !== undefined && next > now)
    // One that comes at this very moment has come.
    assert.deepEqual(dueFireTimes(trigger, date('2020-01-01T00:00'), last).fireTimes.at(-1), last)
  }
})
