import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareDialects } from '../../src/jobs/crontab-dialect.ts'
import { parseCrontab } from '../../src/jobs/crontab.ts'
import { nextFireTimes } from '../../src/jobs/next-fire-times.ts'

const FROM = new Date('2026-01-01T00:00Z')

/** The next three fire times after 2026-01-01T00:00Z, as APScheduler 3.9.1 answered. */
const APSCHEDULER: readonly (readonly [string, string])[] = [
  ['0 0 * * 0', '2026-01-05T00:00 2026-01-12T00:00 2026-01-19T00:00'],
  ['0 0 * * 6', '2026-01-04T00:00 2026-01-11T00:00 2026-01-18T00:00'],
  ['0 0 * * 1-5', '2026-01-02T00:00 2026-01-03T00:00 2026-01-06T00:00'],
  ['0 0 1 * mon', '2026-06-01T00:00 2027-02-01T00:00 2027-03-01T00:00'],
  ['0 0 */10 * 2', '2026-01-21T00:00 2026-02-11T00:00 2026-03-11T00:00'],
  ['5/15 8 * * *', '2026-01-01T08:05 2026-01-01T08:20 2026-01-01T08:35'],
  ['0 0 last * *', '2026-01-31T00:00 2026-02-28T00:00 2026-03-31T00:00'],
  ['0 0 * * */2', '2026-01-02T00:00 2026-01-04T00:00 2026-01-05T00:00'],
  ['30 6 1-7 * 0', '2026-01-05T06:30 2026-02-02T06:30 2026-03-02T06:30'],
  ['0 12 * jan,jul fri-sun', '2026-01-02T12:00 2026-01-03T12:00 2026-01-04T12:00'],
  ['0 0 13 * 4', '2026-02-13T00:00 2026-03-13T00:00 2026-11-13T00:00'],
  ['10-20/5 */12 * * *', '2026-01-01T00:10 2026-01-01T00:15 2026-01-01T00:20'],
  ['0 0 31 1/6 *', '2026-01-31T00:00 2026-07-31T00:00 2027-01-31T00:00'],
  ['15 10 * 3-9/3 tue', '2026-03-03T10:15 2026-03-10T10:15 2026-03-17T10:15'],
]

const minutes = (times: readonly Date[]): string =>
  times.map((time) => time.toISOString().slice(0, 16)).join(' ')

test('the dialect apscheduler fires when APScheduler does', () => {
  for (const [crontab, expected] of APSCHEDULER) {
    const times = nextFireTimes({ crontab, dialect: 'apscheduler' }, { from: FROM, count: 3 })
    assert.equal(minutes(times), expected, crontab)
  }
})

test('what APScheduler refuses is refused in its dialect', () => {
  for (const crontab of [
    '@daily',
    '0 0 * * 7',
    '0 0 * * * *',
    '0 0 L * *',
    '0 0 * * 1#2',
    '0 5-3 * * *',
    '*/0 * * * *',
  ])
    assert.throws(() => parseCrontab(crontab, 'UTC', 'apscheduler'), /APScheduler|runs backwards/, crontab)
})

test('a crontab that means something else to APScheduler is told with both meanings', () => {
  const sundays = compareDialects('0 0 * * 0', { from: FROM })
  assert.equal(minutes(sundays?.cron.fireTimes ?? []), '2026-01-04T00:00 2026-01-11T00:00 2026-01-18T00:00')
  assert.equal(
    minutes(sundays?.apscheduler.fireTimes ?? []),
    '2026-01-05T00:00 2026-01-12T00:00 2026-01-19T00:00',
  )
  const both = compareDialects('0 9 1 * MON', { from: FROM, count: 1, timezone: 'Asia/Tokyo' })
  assert.equal(minutes(both?.cron.fireTimes ?? []), '2026-01-01T00:00'.replace('01T', '05T'))
  assert.equal(minutes(both?.apscheduler.fireTimes ?? []), '2026-06-01T00:00')
  assert.match(compareDialects('5/15 * * * *', { from: FROM })?.cron.error ?? '', /write 5-59\/15/)
  assert.match(compareDialects('@daily', { from: FROM })?.apscheduler.error ?? '', /APScheduler takes five/)
})

test('a crontab that both read alike is told as no difference', () => {
  for (const crontab of [
    '0 0 * * *',
    '*/5 * * * *',
    '0 0 1 * *',
    '0 0 * * MON-FRI',
    '0 0 1,15 */2 *',
    '*/1 0-23 1-31 * 0-6',
    '0 9 1-31 * MON',
    'nonsense',
  ])
    assert.equal(compareDialects(crontab, { from: FROM }), undefined, crontab)
})
