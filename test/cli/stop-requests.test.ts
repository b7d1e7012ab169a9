import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { processStopRequests } from '../../src/cli/stop-requests.ts'

for (const [platform, signals] of [
  ['linux', ['SIGINT', 'SIGTERM']],
  // A terminal that went away ends other systems' processes unless `nohup` says otherwise, which a listener would undo.
  ['win32', ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP']],
] as const) {
  test(`on ${platform} these ask for a stop: ${signals.join(', ')}`, () => {
    const process = Object.assign(new EventEmitter(), { platform, stdout: new EventEmitter() })
    const asked: string[] = []
    const end = processStopRequests(process as unknown as NodeJS.Process).listen((signal, insists) =>
      asked.push(`${signal} ${insists}`),
    )
    assert.deepEqual(process.eventNames(), signals)
    for (const signal of signals) process.emit(signal)
    process.stdout.emit('error')
    assert.deepEqual(asked, ['SIGINT true', ...signals.slice(1).map(() => 'SIGTERM true'), 'SIGTERM false'])
    end()
    assert.deepEqual([process.eventNames(), process.stdout.eventNames()], [[], []])
  })
}
