// Indexes the miner rewards in a process of its own, so that a test can kill it. Tells each progress to its parent.
import { createActor } from 'xstate'
import { pawl } from 'pawl'
import { rewardsConfig } from './rewards-config.ts'

const [database = '', holdBack] = process.argv.slice(2)
const [least, most] = (holdBack ?? '').split('-').map(Number)
const root = createActor(
  pawl(
    rewardsConfig({
      database,
      ...(least === undefined || most === undefined ? {} : { holdBack: [least, most] }),
    }),
  ),
)
root.on('index.progress', ({ level }) => process.send?.({ level }))
root.on('index.rolledBack', ({ fromLevel, toLevel }) => process.send?.({ depth: fromLevel - toLevel }))
root.subscribe({
  error: (error) => {
    console.error(error)
    process.exitCode = 1
    process.disconnect()
  },
  complete: () => process.disconnect(),
})
process.on('message', () => root.send({ type: 'STOP' }))
root.start()
