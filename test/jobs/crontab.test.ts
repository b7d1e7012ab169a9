import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCrontab } from '../../src/jobs/crontab.ts'

/** Expression, zone, from (exclusive), and the next fire times; all in UTC, shortened to the minute. */
type Case = readonly [expression: string, zone: string, from: string, next: string]

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'values, lists, ranges and steps': [
    ['0 0 * * *', 'UTC', '2026-01-01T00:00', '2026-01-02T00:00 2026-01-03T00:00'],
    ['* * * * *', 'UTC', '2026-01-01T00:00', '2026-01-01T00:01 2026-01-01T00:02'],
    ['*/15 * * * *', 'UTC', '2026-01-01T00:14', '2026-01-01T00:15 2026-01-01T00:30'],
    ['5,10 * * * *', 'UTC', '2026-01-01T00:05', '2026-01-01T00:10 2026-01-01T01:05'],
    ['0 9-11 * * *', 'UTC', '2026-01-01T09:00', '2026-01-01T10:00 2026-01-01T11:00 2026-01-02T09:00'],
    ['0 8-18/5 * * *', 'UTC', '2026-01-01T00:00', '2026-01-01T08:00 2026-01-01T13:00 2026-01-01T18:00'],
    ['0 0 1-10/4 * *', 'UTC', '2026-01-01T00:00', '2026-01-05T00:00 2026-01-09T00:00 2026-02-01T00:00'],
    ['0 */7 * * *', 'UTC', '2026-01-01T20:00', '2026-01-01T21:00 2026-01-02T00:00'],
    ['  0   0  *  * * ', 'UTC', '2026-01-01T00:00', '2026-01-02T00:00'],
    ['30 0 12 1 * *', 'UTC', '2026-01-01T00:00', '2026-01-01T12:00:30 2026-02-01T12:00:30'],
    ['*/20 * * * * *', 'UTC', '2026-01-01T00:00', '2026-01-01T00:00:20 2026-01-01T00:00:40 2026-01-01T00:01'],
  ],
  names: [
    ['0 0 1 JAN *', 'UTC', '2026-01-01T00:00', '2027-01-01T00:00'],
    ['0 0 1 mar,Jun *', 'UTC', '2026-01-01T00:00', '2026-03-01T00:00 2026-06-01T00:00 2027-03-01T00:00'],
    ['0 0 1 OCT-DEC *', 'UTC', '2026-01-01T00:00', '2026-10-01T00:00 2026-11-01T00:00'],
    ['0 0 * * MON-FRI', 'UTC', '2026-01-02T00:00', '2026-01-05T00:00 2026-01-06T00:00'],
    ['0 0 * * SAT-SUN', 'UTC', '2026-01-02T00:00', '2026-01-03T00:00 2026-01-04T00:00 2026-01-10T00:00'],
    ['@yearly', 'UTC', '2026-01-01T00:00', '2027-01-01T00:00'],
    ['@annually', 'UTC', '2026-01-01T00:00', '2027-01-01T00:00'],
    ['@monthly', 'UTC', '2026-01-01T00:00', '2026-02-01T00:00'],
    ['@weekly', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00'],
    ['@daily', 'UTC', '2026-01-01T00:00', '2026-01-02T00:00'],
    ['@MIDNIGHT', 'UTC', '2026-01-01T00:00', '2026-01-02T00:00'],
    ['@hourly', 'UTC', '2026-01-01T00:00', '2026-01-01T01:00'],
  ],
  'days of the week': [
    ['0 0 * * 0', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00 2026-01-11T00:00'],
    ['0 0 * * 7', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00 2026-01-11T00:00'],
    [
      '0 0 * * 5-7',
      'UTC',
      '2026-01-01T00:00',
      '2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00 2026-01-09T00:00',
    ],
    ['0 0 * * 0,7', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00 2026-01-11T00:00'],
    ['0 0 * * FRI#2', 'UTC', '2026-01-01T00:00', '2026-01-09T00:00 2026-02-13T00:00'],
    ['0 0 * * 7#1', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00 2026-02-01T00:00'],
    ['0 0 * * 1#5', 'UTC', '2026-01-01T00:00', '2026-03-30T00:00 2026-06-29T00:00'],
    ['0 0 * * 5L', 'UTC', '2026-01-01T00:00', '2026-01-30T00:00 2026-02-27T00:00'],
    ['0 0 * * sunL', 'UTC', '2026-01-01T00:00', '2026-01-25T00:00'],
    ['0 0 * * 1#1,5L', 'UTC', '2026-01-01T00:00', '2026-01-05T00:00 2026-01-30T00:00'],
  ],
  'day of month and day of week, both restricted, mean or': [
    [
      '0 0 13 * 5',
      'UTC',
      '2026-01-01T00:00',
      '2026-01-02T00:00 2026-01-09T00:00 2026-01-13T00:00 2026-01-16T00:00',
    ],
    ['0 0 1,15 * MON', 'UTC', '2026-01-01T00:00', '2026-01-05T00:00 2026-01-12T00:00 2026-01-15T00:00'],
    ['0 0 L * 1#1', 'UTC', '2026-01-01T00:00', '2026-01-05T00:00 2026-01-31T00:00'],
    ['0 0 13 * *', 'UTC', '2026-01-01T00:00', '2026-01-13T00:00 2026-02-13T00:00'],
    ['0 0 ? * 5', 'UTC', '2026-01-01T00:00', '2026-01-02T00:00 2026-01-09T00:00'],
    // Vixie cron: a field that begins with "*" restricts nothing by itself, so both must fit.
    ['0 0 */2 * 5', 'UTC', '2026-01-02T00:00', '2026-01-09T00:00 2026-01-23T00:00'],
    ['0 0 1-7 * */7', 'UTC', '2026-01-01T00:00', '2026-01-04T00:00 2026-02-01T00:00'],
  ],
  'month ends and leap days': [
    ['0 0 L * *', 'UTC', '2026-01-01T00:00', '2026-01-31T00:00 2026-02-28T00:00 2026-03-31T00:00'],
    ['0 0 L 2 *', 'UTC', '2027-03-01T00:00', '2028-02-29T00:00 2029-02-28T00:00'],
    ['0 0 L,15 * *', 'UTC', '2026-02-01T00:00', '2026-02-15T00:00 2026-02-28T00:00'],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00', '2028-02-29T00:00 2032-02-29T00:00'],
    ['0 0 29 2 *', 'UTC', '2096-03-01T00:00', '2104-02-29T00:00'],
    ['0 0 31 * *', 'UTC', '2026-01-31T00:00', '2026-03-31T00:00 2026-05-31T00:00'],
    ['0 0 30 * *', 'UTC', '2026-01-30T00:00', '2026-03-30T00:00'],
    ['59 23 31 12 *', 'UTC', '2026-01-01T00:00', '2026-12-31T23:59 2027-12-31T23:59'],
    ['0 0 30 2 1', 'UTC', '2026-01-01T00:00', '2026-02-02T00:00 2026-02-09T00:00'],
  ],
  'time zones': [
    ['0 0 * * *', 'Asia/Tokyo', '2026-01-01T00:00', '2026-01-01T15:00 2026-01-02T15:00'],
    ['0 0 * * *', 'Asia/Kathmandu', '2026-01-01T00:00', '2026-01-01T18:15'],
    ['0 0 1 1 *', 'Pacific/Kiritimati', '2026-06-01T00:00', '2026-12-31T10:00'],
    ['0 0 1 1 *', 'Pacific/Pago_Pago', '2026-06-01T00:00', '2027-01-01T11:00'],
    ['30 9 * * 1', 'Asia/Kolkata', '2026-01-01T00:00', '2026-01-05T04:00'],
    ['0 12 * * *', 'America/New_York', '2026-03-07T12:00', '2026-03-07T17:00 2026-03-08T16:00'],
    ['0 12 * * *', 'Europe/London', '2026-10-24T00:00', '2026-10-24T11:00 2026-10-25T12:00'],
  ],
  'a local time that is skipped fires once, at the change': [
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:30'],
    ['0 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:00'],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00', '2026-03-08T07:00 2026-03-09T06:30'],
    ['0,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:00'],
    ['0-40/20 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:00'],
    ['0 2,3 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:00'],
    ['30 1 * * *', 'Europe/London', '2026-03-28T12:00', '2026-03-29T01:00 2026-03-30T00:30'],
    ['30 0 * * *', 'America/Santiago', '2026-09-05T12:00', '2026-09-06T04:00 2026-09-07T03:30'],
    ['30 0 * * *', 'Africa/Cairo', '2026-04-23T12:00', '2026-04-23T22:00 2026-04-24T21:30'],
    ['30 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00', '2018-11-04T03:00 2018-11-05T02:30'],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T16:00', '2026-10-03T15:30 2026-10-04T15:15'],
    ['30 2 * * *', 'Australia/Sydney', '2026-10-03T00:00', '2026-10-03T16:00 2026-10-04T15:30'],
  ],
  'a local time that comes twice fires the first time': [
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00', '2026-10-25T00:30 2026-10-26T01:30'],
    [
      '0,30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00',
      '2026-10-25T00:00 2026-10-25T00:30 2026-10-26T01:00',
    ],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00', '2026-11-01T05:30 2026-11-02T06:30'],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T15:00', '2026-04-04T14:45 2026-04-05T15:15'],
    ['30 1 * * *', 'Europe/London', '2026-10-24T12:00', '2026-10-25T00:30 2026-10-26T01:30'],
    ['30 2 * * *', 'Australia/Sydney', '2026-04-04T00:00', '2026-04-04T15:30 2026-04-05T16:30'],
    ['30 23 * * *', 'America/Santiago', '2026-04-04T12:00', '2026-04-05T02:30 2026-04-06T03:30'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30', '2026-10-26T01:30'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:45', '2026-10-26T01:30'],
  ],
  'wildcards follow elapsed time': [
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-03-29T00:30',
      '2026-03-29T01:00 2026-03-29T01:30 2026-03-29T02:00',
    ],
    [
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:00',
      '2026-10-25T00:30 2026-10-25T01:00 2026-10-25T01:30',
    ],
    ['0 * * * *', 'Europe/Berlin', '2026-10-24T23:30', '2026-10-25T00:00 2026-10-25T01:00 2026-10-25T02:00'],
    ['30 * * * *', 'America/New_York', '2026-03-08T06:00', '2026-03-08T06:30 2026-03-08T07:30'],
    ['* 2 * * *', 'Europe/Berlin', '2026-03-28T01:59', '2026-03-30T00:00 2026-03-30T00:01'],
    [
      '*/30 2 * * *',
      'Europe/Berlin',
      '2026-10-25T00:30',
      '2026-10-25T01:00 2026-10-25T01:30 2026-10-26T01:00',
    ],
  ],
}

const minute = (date: Date | undefined): string => date?.toISOString().replace(/(:00)?\.000Z$/, '') ?? 'never'

for (const [group, cases] of Object.entries(CASES)) {
  test(`crontab: ${group}`, () => {
    for (const [expression, zone, from, expected] of cases) {
      const crontab = parseCrontab(expression, zone)
      let time: Date | undefined = new Date(`${from}Z`)
      const got: string[] = []
      for (const _ of expected.split(' ')) {
        time = time && crontab.next(time)
        got.push(minute(time))
      }
      assert.equal(got.join(' '), expected, `${expression} in ${zone} from ${from}`)
    }
  })
}

test('crontab: an error names the field, and says what would be right', () => {
  const cases: readonly (readonly [expression: string, message: RegExp])[] = [
    ['61 * * * *', /^minute "61" is out of range: it takes 0 to 59$/],
    ['* 24 * * *', /^hour "24" is out of range/],
    ['* * 0 * *', /^day of month "0" is out of range: it takes 1 to 31/],
    ['* * * 13 *', /^month "13" is out of range: it takes 1 to 12, or JAN to DEC/],
    ['* * * * 8', /^day of week "8" is out of range: it takes 0 to 7, or SUN to SAT/],
    ['* * * FOO *', /^month "FOO" is not understood/],
    ['60 * * * * *', /^second "60" is out of range/],
    ['1.5 * * * *', /^minute "1.5" is not understood/],
    ['-1 * * * *', /^minute "-1" is not understood/],
    ['1, * * * *', /^minute "" is empty/],
    ['5/15 * * * *', /^minute "5\/15" has a step but no range: write 5-59\/15/],
    ['*/0 * * * *', /^minute "\*\/0" has a step that is no number from 1 to 60/],
    ['*/5/5 * * * *', /more than one "\/"/],
    ['1-2-3 * * * *', /more than one "-"/],
    ['0 22-2 * * *', /^hour "22-2" runs backwards: write 22-23,0-2/],
    ['0 0 * * FRI-MON', /^day of week "FRI-MON" runs backwards: write FRI-6,0-MON/],
    ['0 0 1#2 * *', /^day of month "1#2" cannot have "#"/],
    ['0 0 * * 5#6', /^day of week "5#6" needs a number from 1 to 5/],
    ['0 0 * *', /has 4 fields: write five \(minute, hour, day of month, month, day of week\)/],
    ['0 0 0 1 1 * 2030', /has 7 fields/],
    ['', /has 0 fields/],
    ['@reboot', /on_restart/],
    ['@never', /"@never" is not known: there are @yearly/],
    ['0 0 30 2 *', /^"0 0 30 2 \*" never fires/],
    ['0 0 31 4,6,9,11 *', /never fires/],
    ['0 0 31 2 */2', /never fires/],
  ]
  for (const [expression, message] of cases)
    assert.throws(() => parseCrontab(expression), { message }, expression)
})

test('crontab: an unknown time zone is named', () => {
  assert.throws(() => parseCrontab('0 0 * * *', 'Mars/Olympus'), /"Mars\/Olympus" is no IANA time zone/)
})

test('crontab: the same expression and zone share one evaluator', () => {
  assert.equal(parseCrontab('7 7 * * *', 'UTC'), parseCrontab(' 7  7 * * *', 'UTC'))
  assert.notEqual(parseCrontab('7 7 * * *', 'UTC'), parseCrontab('7 7 * * *', 'Asia/Tokyo'))
})
