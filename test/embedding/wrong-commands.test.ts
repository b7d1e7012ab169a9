import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hook, type Logger } from 'pawl'
import { startRoot } from './running-root.ts'

/** A `hook.failed`, a `job.refused` or an `index.refused`. */
interface Told {
  readonly type: string
  readonly hook?: string
  readonly job?: string
  readonly index?: string
  readonly error: Error
}

test('a command with wrong fields is told by its event, and one that there is not by the log; the root goes on', async (t) => {
  const logged: string[] = []
  const log = (_: string, fields?: { readonly error?: unknown }): void =>
    void logged.push(String(fields?.error).replace('ConfigurationError: ', ''))
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: log, child: () => logger }
  const { root, emitted } = await startRoot(t, {
    logger,
    hooks: { note: hook({ run() {} }) },
    jobs: { daily: { hook: 'note', interval: '1d' } },
  })

  /** What was told of the event that was sent: it is at once. */
  const told = (event: unknown): string => {
    const [from, fromLog] = [emitted.events.length, logged.length]
    root.send(event as never)
    const found = emitted.events[from] as Told | undefined
    if (found === undefined) return logged[fromLog] ?? 'nothing'
    return `${found.type} ${found.hook ?? found.job ?? found.index}: ${found.error.message}`
  }
  for (const [event, expected] of [
    [
      { type: 'FIRE_HOOK' },
      'hook.failed undefined: no hook was fired: FIRE_HOOK.hook: expected the name of a hook, but there is none',
    ],
    [
      { type: 'FIRE_HOOK', hook: 5 },
      'hook.failed 5: no hook was fired: FIRE_HOOK.hook: expected the name of a hook, got 5',
    ],
    [
      { type: 'FIRE_HOOK', hook: 'note', id: 5 },
      'hook.failed note: no hook was fired: FIRE_HOOK.id: expected a text, got 5',
    ],
    [
      { type: 'FIRE_HOOK', hook: 'note', arg: {} },
      'hook.failed note: no hook was fired: FIRE_HOOK.arg: unknown key – did you mean "args"?',
    ],
    [
      { type: 'ADD_JOB', config: {} },
      'job.refused undefined: ADD_JOB.job: expected the name of a job, but there is none',
    ],
    [
      { type: 'RUN_JOB', job: {} },
      'job.refused an empty object: RUN_JOB.job: expected the name of a job, got an empty object',
    ],
    [
      { type: 'PAUSE_JOB', jobs: 'daily', job: 'daily' },
      'job.refused daily: PAUSE_JOB.jobs: unknown key – did you mean "job"?',
    ],
    [
      { type: 'RESCHEDULE_JOB', job: 'daily', trigger: 5 },
      'job.refused daily: RESCHEDULE_JOB.trigger: expected an object with crontab, interval or daemon, got 5',
    ],
    [
      { type: 'REMOVE_INDEX' },
      'index.refused undefined: REMOVE_INDEX.index: expected the name of an index, but there is none',
    ],
    [{ type: 'REINDEX', redeliver: 'yes' }, 'REINDEX.redeliver: expected true or false, got "yes"'],
    [{ type: 'FIRE_HOOKS', hook: 'note' }, 'the root takes no "FIRE_HOOKS" – did you mean "FIRE_HOOK"?'],
    [{}, "the root takes events such as { type: 'STOP' }, and was sent an empty object"],
  ] as const) {
    assert.equal(told(event), expected)
  }
  root.send({ type: 'FIRE_HOOK', hook: 'note', args: null } as never)
  const { error } = await emitted.next('hook.failed', ({ error: of }) => String(of).includes('null'))
  assert.match(
    String(error),
    /hook "note" was given wrong arguments: expected an object of arguments by name, received null/,
  )
  root.send({ type: 'FIRE_HOOK', hook: 'note' } as never)
  await emitted.next('hook.finished')
})
