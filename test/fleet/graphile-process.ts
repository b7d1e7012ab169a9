// A worker: `graphile-process.js <url>`. Started, and killed, by graphile-kills.test.ts. The first run of a firing never ends.
import * as v from 'valibot'
import { createActor } from 'xstate'
import { hook, pawl } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'

const [database = ''] = process.argv.slice(2)
const hang = hook({
  args: { n: v.number() },
  run: async ({ firing }) => {
    process.send?.(`run ${firing.attempt}`)
    if (firing.attempt === 1) await new Promise(() => setInterval(() => {}, 1_000))
  },
})
const root = createActor(
  pawl({
    database,
    roles: ['worker'],
    hooks: { hang },
    executor: graphileWorker({ hooks: { hang: { queue: 'one' } } }),
  }),
)
root.subscribe({ error: (error) => console.error(error), complete: () => process.disconnect() })
process.on('message', () => root.send({ type: 'STOP' }))
// Whoever started it is gone.
process.on('disconnect', () => setTimeout(() => process.exit(), 10_000).unref())
root.start()
