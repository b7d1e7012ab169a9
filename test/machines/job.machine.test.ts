import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { jobMachine, type JobRules } from '../../machines/job.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(jobMachine)

const at = (second: number): Date => new Date(second * 1_000)
const seconds = (times: readonly Date[]): number[] => times.map((time) => time.getTime() / 1_000)

function start(rules: Partial<JobRules> = {}, paused = false) {
  const slots = new Slots()
  const clock = { second: 0 }
  const told: string[] = []
  const job = createActor(
    jobMachine.provide({
      actors: { firing: slots.fill('firing') },
      actions: {
        account: ({ context: { queue } }) =>
          void (queue[0]?.fireTime && told.push(`waiting ${seconds([queue[0].fireTime]).join()}`)),
        reportFired: ({ context }) => {
          for (const { fireTime, fireTimes } of context.starting)
            told.push(fireTime ? `fired ${seconds([fireTime]).join()} for ${fireTimes}` : 'started')
        },
        reportMissed: ({ context: { late } }) =>
          void (late.length && told.push(`missed ${seconds(late).join()}`)),
        reportSkipped: ({ context: { skipped, running } }) =>
          void (skipped.length && told.push(`skipped ${seconds(skipped).join()} beside ${running.length}`)),
        reportFinished: () => void told.push('finished'),
        reportFailed: (_, { error }) => void told.push(`failed ${String(error)}`),
        reportDaemonEnded: ({ context }, { error }) =>
          void told.push(`ended ${String(error)}, again in ${context.backOff}`),
      },
    }),
    {
      input: {
        rules: {
          name: 'job',
          daemon: false,
          maxInstances: 1,
          coalesce: true,
          misfireGrace: undefined,
          ...rules,
        },
        paused,
        now: () => clock.second * 1_000,
      },
      inspect: watch,
    },
  ).start()
  return {
    job,
    clock,
    firing: () => slots.last('firing'),
    firings: () => slots.calls('firing'),
    state: () => JSON.stringify(job.getSnapshot().value).replaceAll('"', ''),
    due: (...times: number[]) => job.send({ type: 'DUE', fireTimes: times.map(at) }),
    send: (type: 'PAUSE' | 'RESUME' | 'RETIRE') => job.send({ type }),
    /** What was told since this was last asked. */
    told: () => told.splice(0),
  }
}

test('fires when due, and waits for the next time when that has ended', () => {
  const { due, firing, told, state, job } = start()
  assert.equal(state(), '{scheduled:idle}')
  due(10)
  assert.equal(state(), '{scheduled:running}')
  assert.deepEqual(firing().input, { job: 'job', fireTime: at(10) })
  firing().settle()
  assert.equal(state(), '{scheduled:idle}')
  due(20)
  firing().fail('boom')
  assert.equal(state(), '{scheduled:idle}')
  assert.deepEqual(told(), ['fired 10 for 1', 'finished', 'fired 20 for 1', 'failed boom'])
  assert.deepEqual(job.getSnapshot().children, {})
})

test('several fire times become one firing, in the name of the last', () => {
  const { due, told } = start()
  due(10, 20, 30)
  assert.deepEqual(told(), ['fired 30 for 3'])
})

test('not coalesced, they run one after the other', () => {
  const { due, firing, firings, told } = start({ coalesce: false })
  due(10, 20, 30)
  assert.deepEqual(told(), ['waiting 20', 'fired 10 for 1'])
  firing().settle()
  firing().fail('boom')
  assert.deepEqual(told(), ['finished', 'waiting 30', 'fired 20 for 1', 'failed boom', 'fired 30 for 1'])
  assert.equal(firings().length, 3)
})

test('more than maxInstances at a time are skipped', () => {
  const { due, firings, told, state } = start({ maxInstances: 2 })
  due(10)
  due(20)
  due(30)
  assert.deepEqual(told(), ['fired 10 for 1', 'fired 20 for 1', 'skipped 30 beside 2'])
  firings()[0]?.settle()
  assert.equal(state(), '{scheduled:running}')
  due(40)
  assert.deepEqual(told(), ['finished', 'fired 40 for 1'])
})

test('where some wait already, later ones wait too, and the first give way when there are too many', () => {
  const { due, firing, told } = start({ coalesce: false })
  due(10, 20)
  due(30)
  assert.deepEqual(told(), ['waiting 20', 'fired 10 for 1', 'waiting 20'])
  due(...Array.from({ length: 1_000 }, (_, at) => 40 + at))
  assert.deepEqual(told(), ['waiting 40', 'skipped 20,30 beside 1'])
  firing().settle()
  assert.deepEqual(told(), ['finished', 'waiting 41', 'fired 40 for 1'])
})

test('a fire time later than the grace is missed, also one that waited for its turn', () => {
  const { due, firing, clock, told } = start({ coalesce: false, misfireGrace: 10_000 })
  clock.second = 40
  due(10, 20, 30, 40)
  assert.deepEqual(told(), ['missed 10,20', 'waiting 40', 'fired 30 for 1'])
  clock.second = 60
  firing().settle()
  assert.deepEqual(told(), ['finished', 'missed 40'])
})

test('late fire times are missed, not skipped, while the job runs', () => {
  const { due, clock, told } = start({ misfireGrace: 10_000 })
  due(0)
  clock.second = 40
  due(10, 40)
  assert.deepEqual(told(), ['fired 0 for 1', 'missed 10', 'skipped 40 beside 1'])
})

test('what is later than the grace is missed while another instance runs, too', () => {
  const { due, clock, told } = start({ misfireGrace: 10_000, maxInstances: 2 })
  due(0)
  clock.second = 40
  due(10)
  assert.deepEqual(told(), ['fired 0 for 1', 'missed 10'])
})

test('paused it fires nothing, and what runs may end', () => {
  const { due, firings, send, told, state } = start({ maxInstances: 2 })
  due(10)
  due(20)
  send('PAUSE')
  due(30)
  firings()[0]?.settle()
  firings()[1]?.fail('boom')
  assert.deepEqual(told(), ['fired 10 for 1', 'fired 20 for 1', 'finished', 'failed boom'])
  assert.equal(state(), 'paused')
  send('RESUME')
  due(40)
  assert.deepEqual(told(), ['fired 40 for 1'])
})

test('a job that was paused before starts paused', () => {
  const { due, send, told, state } = start({}, true)
  assert.equal(state(), 'paused')
  due(10)
  assert.deepEqual(told(), [])
  send('RESUME')
  assert.equal(state(), '{scheduled:idle}')
})

test('a daemon starts at once, and again after a back-off that doubles', () => {
  const { due, firing, told, clock, state } = start({ daemon: true })
  firing().settle()
  assert.equal(state(), '{daemon:backingOff}')
  due()
  firing().fail('boom')
  due()
  firing().fail('boom')
  assert.deepEqual(told(), [
    'started',
    'ended undefined, again in 1000',
    'started',
    'ended boom, again in 2000',
    'started',
    'ended boom, again in 4000',
  ])
  for (let i = 0; i < 9; i++) {
    due()
    firing().fail('boom')
  }
  assert.equal(told().at(-1), 'ended boom, again in 300000')
  due()
  clock.second += 60
  firing().fail('boom')
  assert.equal(told().at(-1), 'ended boom, again in 1000')
})

test('a paused daemon is asked to end, however it ends', () => {
  const { firing, firings, send, told, state } = start({ daemon: true })
  send('PAUSE')
  assert.equal(firing().drained, true)
  firing().fail('aborted')
  send('RESUME')
  assert.equal(firings().length, 2)
  send('PAUSE')
  firing().settle()
  assert.equal(state(), 'paused')
  assert.deepEqual(told(), ['started', 'started', 'finished'])
})

test('a daemon that is resumed starts only when the one before has ended', () => {
  const { firing, firings, send, state } = start({ daemon: true })
  send('PAUSE')
  send('RESUME')
  assert.equal(state(), 'ending')
  send('PAUSE')
  send('RESUME')
  firing().settle()
  assert.equal(state(), '{daemon:running}')
  assert.equal(firings().length, 2)
  send('PAUSE')
  send('RESUME')
  firing().fail('aborted')
  assert.equal(firings().length, 3)
})

test('retired, it fires no more and ends when what runs has ended', () => {
  const { due, firings, send, told, job } = start({ maxInstances: 2 })
  due(10)
  due(20)
  send('RETIRE')
  send('RETIRE')
  due(30)
  firings()[0]?.settle()
  assert.equal(job.getSnapshot().status, 'active')
  firings()[1]?.fail('boom')
  assert.equal(job.getSnapshot().status, 'done')
  assert.deepEqual(told(), ['fired 10 for 1', 'fired 20 for 1', 'finished', 'failed boom'])
})

test('a retired daemon is asked to end', () => {
  const { firing, send, told, job } = start({ daemon: true })
  send('RETIRE')
  assert.equal(firing().drained, true)
  firing().fail('aborted')
  assert.equal(job.getSnapshot().status, 'done')
  assert.deepEqual(told(), ['started'])
})
