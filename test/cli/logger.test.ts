import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLineWriter } from '../../src/cli/line-writer.ts'
import { createLogger, type Severity } from '../../src/cli/logger.ts'
import { CallbackError } from '../../src/errors.ts'
import { CapturedStream } from './captured-stream.ts'

process.env['TZ'] = 'UTC'
const clock = { now: () => Date.UTC(2026, 0, 1, 12) }

function setUp(options: { json?: boolean; least?: Severity; columns?: number } = {}) {
  const stream = new CapturedStream(options.columns)
  const writer = createLineWriter(stream)
  return { stream, writer, logger: createLogger({ writer, clock, ...options }) }
}

const error = new CallbackError('hook "stats" failed', {
  cause: new Error('connect postgres://pawl:s3cret@host/db'),
  hint: 'Try again.',
})

test('a line has its fields, and those of the loggers above it', () => {
  const { stream, logger } = setUp()
  logger
    .child({ hook: 'stats' })
    .child({ firing: '1' })
    .info('refreshed', { rows: 12n, since: new Date(0) })
  logger.warn('slow')
  assert.deepEqual(stream.lines, [
    '12:00:00 · refreshed hook=stats firing=1 rows="12" since="1970-01-01T00:00:00.000Z"',
    '12:00:00 ! slow',
  ])
})

test('an error has its code, causes and hint, and no password', () => {
  const { stream, logger } = setUp()
  logger.error('failed', { index: 'transfers', error })
  assert.deepEqual(stream.lines, [
    '12:00:00 ✗ failed index=transfers',
    '           hook "stats" failed (CALLBACK)',
    '           caused by: connect postgres://pawl:***@host/db',
    '           Try again.',
  ])
})

test('a program gets one JSON object a line', () => {
  const { stream, logger } = setUp({ json: true })
  logger.child({ index: 'transfers' }).error('failed\nbadly', { error })
  assert.deepEqual(
    stream.lines.map((line) => JSON.parse(line) as unknown),
    [
      {
        time: '2026-01-01T12:00:00.000Z',
        severity: 'error',
        message: 'failed\nbadly',
        index: 'transfers',
        error: {
          name: 'CallbackError',
          message: 'hook "stats" failed',
          code: 'CALLBACK',
          hint: 'Try again.',
          cause: { name: 'Error', message: 'connect postgres://pawl:***@host/db' },
        },
      },
    ],
  )
})

test("a handler's block level is a field, and hides neither the severity nor anything else of ours", () => {
  const { stream, logger } = setUp({ json: true })
  logger.child({ index: 'transfers', level: 1200 }).warn('odd', { message: 'other', time: 0 })
  assert.deepEqual(JSON.parse(stream.lines[0] ?? ''), {
    time: '2026-01-01T12:00:00.000Z',
    severity: 'warn',
    message: 'odd',
    index: 'transfers',
    level: 1200,
  })
})

test('lines below the severity are left out', () => {
  const all = setUp({ least: 'debug' })
  const some = setUp({ least: 'warn' })
  for (const { logger } of [all, some])
    for (const severity of ['debug', 'info', 'warn', 'error'] as const) logger[severity](severity)
  assert.equal(all.stream.lines.length, 4)
  assert.equal(some.stream.lines.length, 2)
})

test('a line lands above the status, not in it', () => {
  const { stream, writer, logger } = setUp({ columns: 80 })
  writer.status('50 %')
  logger.info('hello')
  assert.equal(stream.text, '50 %\r\u001b[2K12:00:00 · hello\n50 %')
})
