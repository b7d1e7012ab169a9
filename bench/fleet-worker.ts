// One worker process of bench/fleet.ts: `fleet-worker.js <kind> <url> <at a time> <at a time in all processes>`. Tells, every few
// ms, how many it has done.
import { Logger, run } from 'graphile-worker'
import { createActor } from 'xstate'
import { pawl } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
import { fleetHooks, type FleetKind } from './fleet-hooks.ts'

const [kind, database, own, total] = process.argv.slice(2) as [FleetKind, string, string, string]
const concurrency = Number(own)
let done = 0
let told = 0
setInterval(() => {
  if (done === told) return
  process.send?.(done - told)
  told = done
}, 5)
process.on('disconnect', () => process.exit())

if (kind === 'bare' || kind === 'tuned') {
  await run({
    connectionString: database,
    maxPoolSize: concurrency + 5,
    concurrency,
    noHandleSignals: true,
    parsedCronItems: [],
    taskList: { bench: () => void (done += 1) },
    // What makes it fast with many small jobs, at a price: see its documentation of `localQueue`.
    preset:
      kind === 'tuned'
        ? { worker: { localQueue: { size: concurrency, ttl: 100 }, completeJobBatchDelay: 0 } }
        : {},
    logger: new Logger(() => () => {}),
  })
  process.send?.('ready')
} else {
  const root = createActor(
    pawl({
      database,
      roles: ['worker'],
      hooks: fleetHooks(Number(total)),
      ...(kind === 'graphile' ? { executor: graphileWorker({ concurrency }) } : {}),
    }),
  )
  root.on('hook.finished', ({ hook }) => void (hook === 'empty' && (done += 1)))
  root.on('lifecycle', ({ state }) => void (state === 'synchronized' && process.send?.('ready')))
  root.subscribe({ error: (error) => console.error(error) })
  root.start()
}
