import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCrontab } from '../../src/jobs/crontab.ts'
import { explainCrontab } from '../../src/jobs/explain-crontab.ts'
import { explainSchedule } from '../../src/jobs/explain-schedule.ts'

const WORDS: Readonly<Record<string, string>> = {
  '* * * * *': 'every minute, every day',
  '*/1 * * * *': 'every minute, every day',
  '*/5 * * * *': 'every 5 minutes, every day',
  '0 * * * *': 'at minute 0 of every hour, every day',
  '15,45 * * * *': 'at minute 15 and 45 of every hour, every day',
  '0 0 * * *': 'at 00:00, every day',
  '0 8-18/5 * * *': 'at 08:00, 13:00 and 18:00, every day',
  '0,20,40 9-11 * * *': 'at minute 0, 20 and 40, in the hours 09 to 11, every day',
  '*/10 8,20 * * *': 'every 10 minutes, in the hours 08 and 20, every day',
  '* 2 * * *': 'every minute, in the hour 02, every day',
  '0 */6 * * *': 'at minute 0, in every 6th hour from 00, every day',
  '*/30 */2 * * *': 'every 30 minutes, in every 2nd hour from 00, every day',
  '* * * * * *': 'every second, every day',
  '*/20 * * * * *': 'every 20 seconds, every day',
  '5-7 * * * * *': 'at second 5 to 7, every day',
  '30 0 12 1 * *': 'at 12:00:30, on the 1st of the month',
  '0 0 L * *': 'at 00:00, on the last day of the month',
  '0 0 2,3,11,21 * *': 'at 00:00, on the 2nd, 3rd, 11th and 21st of the month',
  '0 0 */2 * *': 'at 00:00, on every 2nd day from the 1st of the month',
  '0 0 1 1,6-8 *': 'at 00:00, on the 1st of the month, in January and June to August',
  '0 9 * * MON-FRI': 'at 09:00, on Monday to Friday',
  '0 0 * * 5-7': 'at 00:00, on Friday to Sunday',
  // One day, by both of its numbers.
  '0 0 * * 0,7': 'at 00:00, on Sunday',
  '0 0 * * */2': 'at 00:00, on every 2nd weekday from Sunday',
  '0 0 * * 1#1,5L': 'at 00:00, on the 1st Monday of the month and the last Friday of the month',
  '0 0 13 * 5': 'at 00:00, on the 13th of the month or on Friday',
  '0 0 */2 * 5': 'at 00:00, on every 2nd day from the 1st of the month, but only on Friday',
  '@weekly': 'at 00:00, on Sunday',
  // Steps in the other fields, of one, and beside other values.
  '0 0 1 */3 *': 'at 00:00, on the 1st of the month, in every 3rd month from January',
  '0 */1 */1 */1 */1': 'at minute 0 of every hour, every day',
  '0 0 * */1 */1': 'at 00:00, every day',
  '*/20,50 * * * *': 'at minute 0, 20, 40 and 50 of every hour, every day',
  '0 */12,5 * * *': 'at 00:00, 05:00 and 12:00, every day',
  '0 0 1 */6,12 *': 'at 00:00, on the 1st of the month, in January, July and December',
  '0 0 * * */3,5': 'at 00:00, on Sunday, Wednesday, Friday and Saturday',
  '0 0 * * */3,1#1': 'at 00:00, on Sunday, Wednesday, Saturday and the 1st Monday of the month',
}

test('a crontab in words', () => {
  for (const [crontab, words] of Object.entries(WORDS))
    assert.equal(explainCrontab(parseCrontab(crontab, 'Asia/Tokyo')), `${words} (Asia/Tokyo)`, crontab)
})

test('a schedule as it is stored, in words', () => {
  assert.equal(explainSchedule('daemon'), 'all the time')
  assert.equal(explainSchedule('every 300 s'), 'every 5 min')
  assert.equal(explainSchedule('crontab 0 0 * * * (UTC)'), 'at 00:00, every day (UTC)')
  assert.equal(explainSchedule('crontab 0 0 * * 0 (UTC, apscheduler)'), 'at 00:00, on Monday (UTC)')
})

test('what a version that knew more has stored stays as it is', () => {
  for (const schedule of ['crontab 0 0 * * W (UTC)', 'at the full moon'])
    assert.equal(explainSchedule(schedule), schedule)
})
