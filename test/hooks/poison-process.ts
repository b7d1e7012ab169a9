// A process whose hook ends it: started by poison.test.ts until the firing is dead, and the next one has run.
import { createActor } from 'xstate'
import * as v from 'valibot'
import { fireHook, hook, pawl } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'

const [url = '', atomic, slots, executor, fires] = process.argv.slice(2)
const config = {
  database: url,
  ...(executor === 'graphile-worker' ? { executor: graphileWorker() } : {}),
  hooks: {
    bomb: hook({
      args: { ends: v.boolean() },
      atomic: atomic === 'true',
      maxConcurrency: Number(slots),
      retry: { attempts: 2, delay: 0.01 },
      run: (_ctx, { ends }) => {
        if (ends) process.exit(9)
      },
    }),
  },
}
const root = createActor(pawl(config))
const fire = (ends: boolean): void => void fireHook(root, 'bomb', { ends }, { wait: false })
// What comes after it is not held up.
root.on('hook.dead', () => fire(false))
root.on('hook.finished', ({ hook }) => hook === 'bomb' && process.exit(0))
root.on('lifecycle', ({ state }) => {
  if (state === 'synchronized' && fires === 'fire') fire(true)
})
root.start()
