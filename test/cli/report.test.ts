import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { reportEvents, type EventSource } from '../../src/cli/report.ts'
import { CallbackError, DaemonEndedError, DatasourceError } from '../../src/errors.ts'
import type { PawlEvent } from '../../src/events.ts'
import { CapturedStream } from './captured-stream.ts'

process.env['TZ'] = 'UTC'
const NOON = Date.UTC(2026, 0, 1, 12)

class Root implements EventSource {
  #handlers = new Set<(event: PawlEvent) => void>()

  on(_type: '*', handler: (event: PawlEvent) => void) {
    this.#handlers.add(handler)
    return { unsubscribe: () => void this.#handlers.delete(handler) }
  }

  emit(event: PawlEvent): void {
    for (const handler of this.#handlers) handler(event)
  }
}

class SetClock {
  time = NOON
  now = (): number => this.time
}

function setUp(options: { columns?: number; color?: boolean; json?: boolean } = {}) {
  const root = new Root()
  const stream = new CapturedStream(options.columns)
  const clock = new SetClock()
  const { color = false, json = false } = options
  const report = reportEvents(root, { stream, clock, color, json })
  return { root, stream, clock, report }
}

const job = { type: 'job', job: 'minute_stats', fireTime: new Date(NOON) } as const
// Of no concern to a report.
const hash = { hash: '0x1' }
const progress = (level: number, levels: number, synchronized = false): PawlEvent => ({
  ...hash,
  type: 'index.progress',
  hash: '0xabc',
  index: 'transfers',
  level,
  head: 1_000_000,
  levels,
  synchronized,
})

// One of each, in the order of a life.
const LIFE: readonly PawlEvent[] = [
  { type: 'lifecycle', state: 'restart', previous: 'starting' },
  { type: 'standby', holder: 'host-b (pid 12)' },
  { type: 'reindex', reason: 'first_start' },
  { type: 'hook.started', firing: '1', hook: 'on_reindex', origin: { type: 'lifecycle' }, args: {} },
  { type: 'hook.finished', firing: '1', hook: 'on_reindex', origin: { type: 'lifecycle' }, duration: 34 },
  { type: 'lifecycle', state: 'syncing', previous: 'restart' },
  { type: 'job.fired', job: 'minute_stats', fireTime: new Date(NOON), fireTimes: 1 },
  { type: 'job.fired', job: 'minute_stats', fireTime: new Date(NOON), fireTimes: 3 },
  { type: 'job.fired', job: 'refresh', fireTime: undefined, fireTimes: 1 },
  {
    type: 'hook.started',
    firing: '2',
    hook: 'calculate_stats',
    origin: job,
    args: { major: true, depth: 10n },
  },
  {
    type: 'hook.failed',
    firing: '2',
    hook: 'calculate_stats',
    origin: job,
    duration: 1234,
    error: new CallbackError('hook "calculate_stats" failed at stats.ts:12', {
      cause: new TypeError('no such column'),
      hint: 'Look at the query.',
    }),
  },
  { type: 'job.failed', job: 'minute_stats', error: new Error('no such column'), restartIn: undefined },
  { type: 'job.failed', job: 'refresh', error: new Error('ended'), restartIn: 90_000 },
  { type: 'job.missed', job: 'minute_stats', fireTimes: [new Date(NOON)], count: 1, reason: 'late' },
  {
    type: 'job.missed',
    job: 'minute_stats',
    fireTimes: [new Date(NOON - 60_000), new Date(NOON)],
    count: 2,
    reason: 'down',
  },
  { type: 'job.skipped', job: 'minute_stats', fireTime: new Date(NOON), running: 1, reason: 'maxInstances' },
  { type: 'job.skipped', job: 'minute_stats', fireTime: new Date(NOON), running: 0, reason: 'when' },
  { type: 'job.capped', job: 'minute_stats', counted: 1_000, last: new Date(NOON) },
  {
    type: 'job.retried',
    job: 'minute_stats',
    fireTime: new Date(NOON),
    attempt: 2,
    delay: 4_000,
    error: new Error('boom'),
  },
  { type: 'job.refused', job: 'minut_stats', command: 'PAUSE_JOB', error: new Error('no such job') },
  {
    type: 'lifecycle.retrying',
    state: 'restart',
    attempt: 1,
    delay: 500,
    error: new Error('deadlock detected'),
  },
  {
    type: 'index.retrying',
    index: 'transfers',
    attempt: 2,
    delay: 4_000,
    error: new Error('connect ECONNREFUSED http://user:secret@node:8545'),
  },
  {
    type: 'index.rolledBack',
    index: 'transfers',
    fromLevel: 1_200,
    toLevel: 1_197,
    duration: 12,
    tables: [
      { table: 'balances', restored: 2, changed: 4, removed: 1 },
      { table: 'transfers', restored: 0, changed: 0, removed: 1_500 },
      { table: 'prices', restored: 0, changed: 0, removed: 0 },
    ],
  },
  { type: 'index.rolledBack', index: 'transfers', fromLevel: 5, toLevel: 4, duration: 2, tables: [] },
  { type: 'index.failed', index: 'transfers', error: new Error('handler threw') },
  {
    type: 'hook.finished',
    firing: '3',
    hook: 'audit',
    origin: { type: 'handler', index: 'transfers', level: 1_200 },
    duration: 2,
  },
  { type: 'lifecycle', state: 'stopped', previous: 'stopping' },
]

const DETAILS = ['           hook "stats" failed: boom', '           Look at the query.']

test('events read as sentences', () => {
  const { root, stream } = setUp()
  for (const event of LIFE) root.emit(event)
  assert.deepEqual(stream.lines, [
    '12:00:00 ● restart',
    '12:00:00 ◌ standing by: host-b (pid 12) holds the lease of this schema',
    '12:00:00 ◆ reindexing: first start',
    '12:00:00 → on_reindex started',
    '12:00:00 ✓ on_reindex finished in 34 ms',
    '12:00:00 ● syncing',
    '12:00:00 ◷ job minute_stats fires (due 12:00:00)',
    '12:00:00 ◷ job minute_stats fires (due 12:00:00), once for 3 fire times',
    '12:00:00 ◷ job refresh fires',
    '12:00:00 → calculate_stats started (fired by job minute_stats)',
    '12:00:00 ✗ calculate_stats failed after 1.2 s (fired by job minute_stats)',
    '           hook "calculate_stats" failed at stats.ts:12',
    '           caused by: TypeError: no such column',
    '           Look at the query.',
    '12:00:00 ✗ job minute_stats failed',
    '           no such column',
    '12:00:00 ✗ job refresh failed, starts again in 1 min 30 s',
    '           ended',
    '12:00:00 ! job minute_stats missed 1 fire time: 12:00:00',
    '12:00:00 ! job minute_stats missed 2 fire times: 11:59:00 to 12:00:00, while Pawl was down',
    '12:00:00 ! job minute_stats skipped its fire time 12:00:00: 1 firing still running',
    '12:00:00 ! job minute_stats skipped its fire time 12:00:00: it fires in the other phase only',
    '12:00:00 ! job minute_stats: more fire times have passed than are counted (1,000), up to 12:00:00',
    '12:00:00 ! job minute_stats failed, attempt 2 in 4.0 s',
    '           boom',
    '12:00:00 ✗ PAUSE_JOB of job minut_stats was refused',
    '           no such job',
    '12:00:00 ! restart: attempt 1 failed, next in 500 ms',
    '           deadlock detected',
    '12:00:00 ! index transfers: attempt 2 failed, next in 4.0 s',
    '           connect ECONNREFUSED http://user:***@node:8545',
    '12:00:00 ✓ index transfers goes on after 2 failed attempts',
    '12:00:00 ↺ transfers rolled back 3 levels, from 1,200 to 1,197, in 12 ms: balances 2 rows restored, 4 rows changed, 1 row removed; transfers 1,500 rows removed',
    '12:00:00 ↺ transfers rolled back 1 level, from 5 to 4, in 2 ms: no rows to undo',
    '12:00:00 ✗ index transfers stops here',
    '           handler threw',
    '12:00:00 ✓ audit finished in 2 ms (fired by the handler of transfers at level 1,200)',
    '12:00:00 ● stopped',
  ])
})

test('progress off a terminal is a plain line every few seconds, and one when caught up', () => {
  const { root, stream, clock } = setUp()
  for (let level = 1_000; level < 1_000_000; level += 1_000) {
    root.emit(progress(level, 1_000))
    clock.time += 10
  }
  root.emit(progress(1_000_000, 1_000, true))
  root.emit(progress(1_000_001, 1, true))
  assert.deepEqual(stream.lines, [
    '12:00:00 ⋯ transfers 1,000 of 1,000,000 (0 %)',
    '12:00:05 ⋯ transfers 501,000 of 1,000,000 (50 %) · 100,000 levels/s · 5.0 s left',
    '12:00:09 ⋯ transfers has reached 1,000,000: 1,000,000 levels in 10 s',
  ])
  assert.ok(!stream.text.includes('\u001b') && !stream.text.includes('\r'))
})

test('progress on a terminal is one line, redrawn below the others and taken away at the end', () => {
  const { root, stream, clock, report } = setUp({ columns: 60 })
  root.emit(progress(1_000, 1_000))
  clock.time += 1_000
  root.emit(progress(2_000, 1_000))
  root.emit({ type: 'lifecycle', state: 'stopping', previous: 'syncing' })
  report.stop()
  const status = '  transfers 2,000 of 1,000,000 (0 %) · 1,000 levels/s · 16 min 38 s left'.slice(0, 59)
  assert.equal(
    stream.text,
    [
      '  transfers 1,000 of 1,000,000 (0 %)',
      `\r\u001b[2K${status}`,
      `\r\u001b[2K12:00:01 ● stopping\n${status}`,
      '\r\u001b[2K',
    ].join(''),
  )
})

test('a terminal without a width is written to as a pipe', () => {
  const stream = Object.assign(new CapturedStream(), { isTTY: true, columns: 0 })
  const root = new Root()
  reportEvents(root, { stream, clock: new SetClock(), color: false })
  root.emit(progress(1_000, 1_000))
  assert.deepEqual(stream.lines, ['12:00:00 ⋯ transfers 1,000 of 1,000,000 (0 %)'])
})

test('a rollback starts the count of an index anew', () => {
  const { root, stream, clock } = setUp()
  root.emit(progress(1_000_000, 100, true))
  root.emit({
    type: 'index.rolledBack',
    index: 'transfers',
    fromLevel: 1_000_000,
    toLevel: 999_998,
    duration: 1,
    tables: [],
  })
  clock.time += 2_000
  root.emit(progress(999_999, 1))
  clock.time += 2_000
  root.emit(progress(1_000_000, 1, true))
  assert.deepEqual(stream.lines.slice(2), ['12:00:04 ⋯ transfers has reached 1,000,000: 2 levels in 4.0 s'])
})

test('an error is told once, by the hook: the job tells what becomes of it', () => {
  const { root, stream } = setUp()
  const error = new CallbackError('hook "stats" failed: boom', { hint: 'Look at the query.' })
  const origin = { type: 'job', job: 'minute_stats', fireTime: new Date(NOON) } as const
  root.emit({ type: 'hook.failed', firing: '1', hook: 'stats', origin, duration: 5, error })
  root.emit({
    type: 'job.retried',
    job: 'minute_stats',
    fireTime: new Date(NOON),
    attempt: 2,
    delay: 9_000,
    error,
  })
  root.emit({ type: 'hook.failed', firing: '2', hook: 'stats', origin, duration: 5, error })
  root.emit({ type: 'job.failed', job: 'minute_stats', error, restartIn: undefined })
  const hook = ['12:00:00 ✗ stats failed after 5 ms (fired by job minute_stats)', ...DETAILS]
  assert.deepEqual(stream.lines, [
    ...hook,
    '12:00:00 ! job minute_stats failed, attempt 2 in 9.0 s',
    ...hook,
    '12:00:00 ✗ job minute_stats failed',
  ])
})

test('a daemon that returned is said to have ended, and when it is started again', () => {
  const { root, stream } = setUp()
  const error = new DaemonEndedError('the hook of daemon "listener" returned', { hint: 'Let it wait.' })
  root.emit({ type: 'job.failed', job: 'listener', error, restartIn: 2_000 })
  assert.deepEqual(stream.lines, [
    '12:00:00 ✗ job listener ended, starts again in 2.0 s',
    '           the hook of daemon "listener" returned',
    '           Let it wait.',
  ])
})

test('a head that is reached is said so before the index has looked for a higher one', () => {
  const { root, stream } = setUp()
  root.emit(progress(999_999, 1))
  root.emit(progress(1_000_000, 1))
  root.emit(progress(1_000_000, 0, true))
  assert.deepEqual(stream.lines.slice(1), ['12:00:00 ⋯ transfers has reached 1,000,000: 2 levels'])
})

test('after a rollback that takes long to make good, progress is a line again', () => {
  const { root, stream, clock } = setUp()
  root.emit({
    type: 'index.rolledBack',
    index: 'transfers',
    fromLevel: 9,
    toLevel: 4,
    duration: 1,
    tables: [],
  })
  for (let level = 5; level < 11; level++) {
    clock.time += 1_000
    root.emit(progress(level, 1))
  }
  assert.deepEqual(stream.lines.slice(1), [
    '12:00:05 ⋯ transfers 9 of 1,000,000 (0 %) · 1.0 levels/s · 11 d 14 h left',
  ])
})

describe('an index that has tried again', () => {
  const retrying = (attempt: number, error: unknown): PawlEvent => ({
    type: 'index.retrying',
    index: 'transfers',
    attempt,
    delay: 500,
    error,
  })
  const synchronized: PawlEvent = { type: 'lifecycle', state: 'synchronized', previous: 'syncing' }

  for (const [what, over] of [
    ['by its next progress', progress(5, 1)],
    ['at its head, with nothing new there', synchronized],
  ] as const) {
    test(`is said to have got through ${what}, once`, () => {
      const { root, stream } = setUp()
      root.emit(retrying(1, new DatasourceError('no node')))
      root.emit(retrying(2, new DatasourceError('no node')))
      stream.text = ''
      root.emit(over)
      root.emit(over)
      const line = '12:00:00 ✓ index transfers: its datasource answers again after 2 failed attempts'
      assert.equal(stream.lines[0], line)
      assert.equal(stream.lines.filter((other) => other === line).length, 1)
    })
  }

  test('is not said to, when the others are synchronized and it has failed', () => {
    const { root, stream } = setUp()
    root.emit(retrying(1, new DatasourceError('no node')))
    root.emit({ type: 'index.failed', index: 'transfers', error: new Error('another chain') })
    root.emit(synchronized)
    assert.ok(!stream.text.includes('again after'))
  })

  test('goes on, where it was not the datasource that failed', () => {
    const { root, stream } = setUp()
    root.emit(retrying(1, new Error('no database')))
    root.emit(progress(5, 1))
    assert.ok(stream.lines.includes('12:00:00 ✓ index transfers goes on after 1 failed attempt'))
  })
})

test('colours are there when asked for', () => {
  const { root, stream } = setUp({ color: true })
  root.emit({ type: 'lifecycle', state: 'failed', previous: 'syncing' })
  assert.equal(stream.text, '\u001b[2m12:00:00\u001b[22m \u001b[1m\u001b[31m● failed\u001b[39m\u001b[22m\n')
})

test('a pipe and NO_COLOR get no colours, a terminal does', (t) => {
  const colored = (columns: number, env: Record<string, string>): boolean => {
    const before = { ...process.env }
    t.after(() => (process.env = before))
    process.env = { ...before, NO_COLOR: '', FORCE_COLOR: '', TERM: 'xterm', ...env }
    const root = new Root()
    const stream = new CapturedStream(columns)
    reportEvents(root, { stream, clock: new SetClock() })
    root.emit({ type: 'lifecycle', state: 'syncing', previous: 'restart' })
    process.env = before
    return stream.text.includes('\u001b')
  }
  assert.equal(colored(80, {}), true)
  assert.equal(colored(80, { NO_COLOR: '1' }), false)
  assert.equal(colored(80, { TERM: 'dumb' }), false)
  assert.equal(colored(0, {}), false)
  assert.equal(colored(0, { FORCE_COLOR: '1' }), true)
  assert.equal(colored(80, { FORCE_COLOR: '0' }), false)
})

test('every event is one line of JSON, with bigints, dates and errors', () => {
  const { root, stream } = setUp({ json: true, columns: 80 })
  for (const event of [...LIFE, progress(5, 1)]) root.emit(event)
  const events = stream.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(events.length, LIFE.length + 1)
  assert.deepEqual(events[0], {
    time: '2026-01-01T12:00:00.000Z',
    severity: 'info',
    type: 'lifecycle',
    message: 'restart',
    state: 'restart',
    previous: 'starting',
  })
  // They may be secrets.
  assert.equal(JSON.stringify(events).includes('depth'), false)
  assert.deepEqual(events[10]?.['error'], {
    name: 'CallbackError',
    message: 'hook "calculate_stats" failed at stats.ts:12',
    code: 'CALLBACK',
    hint: 'Look at the query.',
    cause: { name: 'TypeError', message: 'no such column' },
  })
  assert.ok(!stream.text.includes('secret'))
  assert.deepEqual(
    [events[9], events[10]].map((event) => [event?.['severity'], event?.['hook'], event?.['job']]),
    [
      ['debug', 'calculate_stats', 'minute_stats'],
      ['error', 'calculate_stats', 'minute_stats'],
    ],
  )
})

test('in JSON each line of progress says the same, whatever was before it', () => {
  const { root, stream } = setUp({ json: true })
  for (const event of [progress(1_000, 1_000), progress(900_000, 10), progress(1_000_000, 10)])
    root.emit(event)
  assert.deepEqual(
    stream.lines.map((line) => (JSON.parse(line) as Record<string, unknown>)['message']),
    ['transfers at 1,000 of 1,000,000', 'transfers at 900,000 of 1,000,000', 'transfers at 1,000,000'],
  )
})

test('in JSON a firing has the names of what fired it at the top', () => {
  const { root, stream } = setUp({ json: true })
  const firing = { firing: 'f1', hook: 'stats', duration: 3 } as const
  const fireTime = new Date(0)
  root.emit({ type: 'hook.finished', ...firing, origin: { type: 'job', job: 'nightly', fireTime } })
  root.emit({ type: 'hook.finished', ...firing, origin: { type: 'handler', index: 'transfers', level: 12 } })
  const [byJob, byHandler] = stream.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual([byJob?.['firing'], byJob?.['hook'], byJob?.['job']], ['f1', 'stats', 'nightly'])
  assert.deepEqual([byHandler?.['index'], byHandler?.['level']], ['transfers', 12])
  assert.equal(
    byHandler?.['message'],
    'stats finished in 3 ms (fired by the handler of transfers at level 12)',
  )
})

test('nothing is printed after stop', () => {
  for (const json of [false, true]) {
    const { root, stream, report } = setUp({ json })
    report.stop()
    for (const event of LIFE) root.emit(event)
    assert.equal(stream.text, '')
  }
})
