import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigurationError } from '../../src/errors.ts'
import { dueFireTimes, MOST_FIRE_TIMES } from '../../src/jobs/due-fire-times.ts'
import { parseInterval } from '../../src/jobs/interval.ts'
import { checkTrigger, nextFireTimes, parseTrigger } from '../../src/jobs/trigger.ts'

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

test('nextFireTimes leaves out `from` itself, and stops at the count', () => {
  const trigger = parseTrigger({ crontab: '@daily' })
  const times = nextFireTimes(trigger, { from: date('2026-01-01T00:00'), count: 2 })
  assert.deepEqual(times, [date('2026-01-02T00:00'), date('2026-01-03T00:00')])
  assert.deepEqual(nextFireTimes(parseTrigger({ daemon: true }), { from: new Date(0), count: 5 }), [])
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
  }
})
