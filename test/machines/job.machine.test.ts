import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createActor } from 'xstate'
import { FIRING, jobMachine, type JobFiring, type JobRules } from '../../machines/job.machine.ts'
import { Slots } from './slots.ts'
import { coverTransitions } from './transition-coverage.ts'

const watch = coverTransitions(jobMachine)

const at = (second: number): Date => new Date(second * 1_000)
const seconds = (firings: readonly JobFiring[]): string[] =>
  firings.map(({ fireTime, fireTimes }) => {
    const second = (fireTime?.getTime() ?? 0) / 1_000
    return fireTimes === 1 ? `${second}` : `${second} for ${fireTimes}`
  })

const RULES: JobRules = {
  name: 'job',
  daemon: false,
  maxInstances: 1,
  coalesce: true,
  misfireGrace: undefined,
  attempts: 1,
  backOff: { first: 1_000, factor: 2, longest: 300_000 },
}

function start(rules: Partial<JobRules> = {}, paused = false) {
  const slots = new Slots()
  const clock = { second: 0, inPhase: true }
  const told: string[] = []
  const job = createActor(
    jobMachine.provide({
      actors: { firing: slots.fill('firing') },
      actions: {
        report: ({ context: { decision, running } }) => {
          const { starting, late, skipped, outOfPhase, released } = decision
          if (late.length > 0) told.push(`missed ${seconds(late).join()}`)
          if (skipped.length > 0) told.push(`skipped ${seconds(skipped).join()} beside ${running.length}`)
          if (outOfPhase.length > 0) told.push(`out of phase ${seconds(outOfPhase).join()}`)
          if (released.length > 0) told.push(`released ${seconds(released).join()}`)
          for (const { fireTime, fireTimes } of starting)
            told.push(fireTime ? `fired ${fireTime.getTime() / 1_000} for ${fireTimes}` : 'started')
        },
        reportFinished: () => void told.push('finished'),
        reportFailed: (_, { error }) => void told.push(`failed ${String(error)}`),
        reportRetry: ({ context: { backOff, running } }, { actorId, error }) => {
          const attempt = running.find(({ id }) => id === actorId)?.attempt
          told.push(`failed ${String(error)}, attempt ${String(attempt)} in ${backOff}`)
        },
        reportDaemonEnded: ({ context }, { error }) =>
          void told.push(`ended ${String(error)}, again in ${context.backOff}`),
      },
    }),
    {
      input: {
        rules: { ...RULES, ...rules },
        paused,
        job: 'the job',
        now: () => clock.second * 1_000,
        inPhase: () => clock.inPhase,
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
    send: (type: 'PAUSE' | 'RESUME' | 'RETIRE' | 'PHASE') => job.send({ type }),
    replace: (by: Partial<JobRules>, pausedNow = false) =>
      job.send({ type: 'REPLACE', rules: { ...RULES, ...by }, paused: pausedNow, job: 'another job' }),
    run: (second: number) =>
      job.send({ type: 'RUN', firing: { ...FIRING, fireTime: at(second), byHand: true } }),
    adopt: (second: number, firing: Partial<JobFiring> = {}) =>
      job.send({ type: 'ADOPT', firing: { ...FIRING, fireTime: at(second), ...firing } }),
    /** The back-off of the firing that runs first is over. */
    retry: () => job.send({ type: 'RETRY', firing: job.getSnapshot().context.running[0]?.id ?? '' }),
    /** What was told since this was last asked. */
    told: () => told.splice(0),
  }
}

test('fires when due, and waits for the next time when that has ended', () => {
  const { due, firing, told, state, job } = start()
  assert.equal(state(), '{scheduled:idle}')
  due(10)
  assert.equal(state(), '{scheduled:busy}')
  assert.deepEqual(firing().input, {
    job: 'the job',
    firing: { ...FIRING, id: 'firing-0', fireTime: at(10) },
  })
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
  assert.deepEqual(told(), ['fired 10 for 1'])
  firing().settle()
  firing().fail('boom')
  assert.deepEqual(told(), ['finished', 'fired 20 for 1', 'failed boom', 'fired 30 for 1'])
  assert.equal(firings().length, 3)
})

test('more than maxInstances at a time are skipped', () => {
  const { due, firings, told, state } = start({ maxInstances: 2 })
  due(10)
  due(20)
  due(30)
  assert.deepEqual(told(), ['fired 10 for 1', 'fired 20 for 1', 'skipped 30 beside 2'])
  firings()[0]?.settle()
  assert.equal(state(), '{scheduled:busy}')
  due(40)
  assert.deepEqual(told(), ['finished', 'fired 40 for 1'])
})

test('where some wait already, later ones wait too, and the first give way when there are too many', () => {
  const { due, firing, told } = start({ coalesce: false })
  due(10, 20)
  due(30)
  assert.deepEqual(told(), ['fired 10 for 1'])
  due(...Array.from({ length: 1_000 }, (_, at) => 40 + at))
  assert.deepEqual(told(), ['skipped 20,30 beside 1'])
  firing().settle()
  assert.deepEqual(told(), ['finished', 'fired 40 for 1'])
})

test('a fire time later than the grace is missed, also one that waited for its turn', () => {
  const { due, firing, clock, told } = start({ coalesce: false, misfireGrace: 10_000 })
  clock.second = 40
  due(10, 20, 30, 40)
  assert.deepEqual(told(), ['missed 10,20', 'fired 30 for 1'])
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

test('a firing that failed is run again, with longer and longer waits, and fails after the last attempt', () => {
  const { due, firing, firings, retry, told, state } = start({ attempts: 3 })
  due(10)
  firing().fail('boom')
  assert.equal(state(), '{scheduled:busy}')
  due(20)
  retry()
  retry()
  assert.equal(firings().length, 2)
  firing().fail('boom')
  retry()
  firing().fail('boom')
  assert.deepEqual(told(), [
    'fired 10 for 1',
    'failed boom, attempt 2 in 1000',
    'skipped 20 beside 1',
    'failed boom, attempt 3 in 2000',
    'failed boom',
  ])
  assert.equal(state(), '{scheduled:idle}')
})

test('paused, a firing is run again when the job is resumed, and keeps its place until then', () => {
  const { due, firing, firings, retry, send, told, state } = start({ attempts: 9 })
  due(10)
  send('PAUSE')
  firing().fail('boom')
  retry()
  assert.equal(firings().length, 1)
  send('RESUME')
  assert.equal(firings().length, 2)
  due(20)
  assert.equal(state(), '{scheduled:busy}')
  firing().fail('boom')
  send('PAUSE')
  send('RESUME')
  // Its back-off is not over.
  assert.equal(firings().length, 2)
  retry()
  assert.equal(firings().length, 3)
  assert.deepEqual(told(), [
    'fired 10 for 1',
    'failed boom, attempt 2 in 1000',
    'skipped 20 beside 1',
    'failed boom, attempt 3 in 2000',
  ])
})

test('retired, a firing that is to be run again is told, and left to others with what is known of it', () => {
  const { due, firings, send, told, job } = start({ attempts: 9, maxInstances: 2 })
  due(10)
  due(20)
  firings()[0]?.fail('boom')
  told()
  send('RETIRE')
  assert.deepEqual(told(), ['released 10'])
  assert.deepEqual(job.getSnapshot().context.decision.released[0]?.failure, {
    error: 'boom',
    retryAt: 1_000,
  })
  firings()[1]?.fail('bang')
  assert.deepEqual(told(), ['failed bang, attempt 2 in 1000', 'released 20'])
  assert.equal(job.getSnapshot().status, 'done')
})

test('what failed in its phase is run again in it, and so is what was left behind or waits for its turn', () => {
  const { due, adopt, firing, firings, retry, clock, send, told, state } = start({
    attempts: 2,
    coalesce: false,
  })
  due(10, 20)
  clock.inPhase = false
  firing().fail('boom')
  retry()
  adopt(5, { attempt: 2 })
  due(30)
  assert.equal(firings().length, 1)
  assert.equal(state(), '{scheduled:busy}')
  told()
  clock.inPhase = true
  send('PHASE')
  for (let n = 0; n < 3; n++) firing().settle()
  assert.deepEqual(told(), ['finished', 'fired 20 for 1', 'finished', 'fired 5 for 1', 'finished'])
  assert.equal(state(), '{scheduled:idle}')
  clock.inPhase = false
  adopt(6)
  assert.equal(state(), '{scheduled:busy}')
  clock.inPhase = true
  send('PHASE')
  assert.deepEqual(told(), ['fired 6 for 1'])
})

test('what was asked for by hand is run again by hand: paused, and in any phase', () => {
  const { run, adopt, firing, firings, retry, clock, send, told } = start({ attempts: 3, maxInstances: 2 })
  clock.inPhase = false
  run(10)
  firing().fail('boom')
  retry()
  assert.equal(firings().length, 2)
  send('PAUSE')
  firing().fail('boom')
  retry()
  assert.equal(firings().length, 3)
  told()
  adopt(20)
  adopt(30, { byHand: true, attempt: 2 })
  assert.deepEqual(told(), ['fired 30 for 1'])
})

test('replaced, what runs of the job before counts, and what waits is run by the new rules', () => {
  const { due, firing, firings, replace, told, state } = start({ maxInstances: 2, coalesce: false })
  due(10, 20, 30)
  replace({ coalesce: false })
  assert.equal(state(), '{scheduled:busy}')
  firings()[0]?.settle()
  due(40)
  assert.equal(firings().length, 2)
  firings()[1]?.settle()
  assert.deepEqual(told(), ['fired 10 for 1', 'fired 20 for 1', 'finished', 'finished', 'fired 30 for 1'])
  assert.deepEqual((firing().input as { readonly job: unknown }).job, 'another job')
})

test('replaced, a daemon ends before the next one begins', () => {
  const { firing, firings, replace, told, state, due } = start({ daemon: true })
  replace({ daemon: true })
  assert.equal(firing().drained, true)
  assert.equal(state(), 'ending')
  firing().fail('aborted')
  assert.equal(firings().length, 2)
  assert.equal(state(), '{daemon:running}')
  // By a schedule: what is due while the daemon ends is one too many.
  replace({})
  due(10)
  firing().fail('aborted')
  due(20)
  assert.deepEqual(told(), ['started', 'started', 'skipped 10 beside 1', 'fired 20 for 1'])
})

test('replaced by a daemon, it lets what runs end, and leaves what waits to others', () => {
  const { due, adopt, firing, firings, replace, told, state } = start({ coalesce: false })
  due(10, 20)
  replace({ daemon: true })
  adopt(30)
  assert.deepEqual(told(), ['fired 10 for 1', 'released 20'])
  assert.equal(state(), 'ending')
  firing().settle()
  assert.deepEqual(told(), ['finished', 'released 30', 'started'])
  assert.equal(firings().length, 2)
})

test('replaced, it is paused or not as the new one is; one that was retired begins again', () => {
  const { due, firing, firings, send, replace, told, state } = start()
  replace({}, true)
  assert.equal(state(), 'paused')
  replace({})
  assert.equal(state(), '{scheduled:idle}')
  due(10)
  send('RETIRE')
  replace({})
  due(20)
  firing().settle()
  due(30)
  assert.equal(firings().length, 2)
  assert.deepEqual(told(), ['fired 10 for 1', 'skipped 20 beside 1', 'finished', 'fired 30 for 1'])
})

test('run by hand at once, paused or not, but never beside maxInstances', () => {
  const { due, firing, run, send, told, state } = start({ misfireGrace: 1_000 })
  run(10)
  run(20)
  assert.deepEqual(told(), ['fired 10 for 1', 'skipped 20 beside 1'])
  firing().settle()
  send('PAUSE')
  run(30)
  run(40)
  firing().settle()
  assert.deepEqual(told(), ['finished', 'fired 30 for 1', 'skipped 40 beside 1', 'finished'])
  assert.equal(state(), 'paused')
  send('RESUME')
  due(50)
  assert.equal(state(), '{scheduled:busy}')
})

test('what another process left behind waits for its turn, and is never too late once it has begun', () => {
  const { due, adopt, firing, send, told, clock } = start({ misfireGrace: 10_000 })
  clock.second = 100
  adopt(20, { attempt: 2 })
  adopt(30)
  assert.deepEqual(told(), ['fired 20 for 1'])
  firing().settle()
  assert.deepEqual(told(), ['finished', 'missed 30'])
  due(95)
  send('PAUSE')
  adopt(99)
  send('RESUME')
  firing().settle()
  assert.deepEqual(told(), ['fired 95 for 1', 'finished', 'fired 99 for 1'])
  const two = start({ maxInstances: 2 })
  two.due(10)
  two.adopt(5)
  assert.deepEqual(two.told(), ['fired 10 for 1', 'fired 5 for 1'])
})

test('retired, it leaves what waits to others', () => {
  const { due, adopt, run, send, told } = start({ coalesce: false })
  due(10, 20)
  send('RETIRE')
  adopt(30)
  run(40)
  assert.deepEqual(told(), ['fired 10 for 1', 'released 20', 'released 30', 'released 40'])
})

test('out of its phase it fires nothing', () => {
  const { due, clock, told } = start({ maxInstances: 2 })
  clock.inPhase = false
  due(10, 20)
  clock.inPhase = true
  due(30)
  clock.inPhase = false
  due(40)
  assert.deepEqual(told(), ['out of phase 10,20', 'fired 30 for 1', 'out of phase 40'])
})

test('a daemon runs in its phase only', () => {
  const { firing, firings, clock, send, state } = start({ daemon: true })
  clock.inPhase = false
  send('PHASE')
  assert.equal(state(), 'held')
  assert.equal(firing().drained, true)
  clock.inPhase = true
  send('PHASE')
  assert.equal(state(), 'ending')
  clock.inPhase = false
  send('PHASE')
  firing().fail('aborted')
  assert.equal(state(), 'held')
  send('PAUSE')
  send('RESUME')
  assert.equal(state(), 'held')
  clock.inPhase = true
  send('PHASE')
  assert.equal(state(), '{daemon:running}')
  assert.equal(firings().length, 2)
})

test('a daemon that is run by hand starts now, if it does not run', () => {
  const { firing, firings, run, send, told } = start({ daemon: true })
  run(10)
  firing().fail('boom')
  run(20)
  assert.equal(firings().length, 2)
  send('PAUSE')
  firing().settle()
  run(30)
  assert.equal(firings().length, 2)
  assert.deepEqual(told(), [
    'started',
    'skipped 10 beside 1',
    'ended boom, again in 1000',
    'started',
    'finished',
    'skipped 30 beside 0',
  ])
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
