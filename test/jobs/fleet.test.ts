import { test } from 'node:test'
import { createMigratedDatabase } from '../support/test-database.ts'
import { runFleet } from './run-fleet.ts'

// At full size: npm run soak:jobs
test('processes on one database, killed again and again, fire each time once', async (t) => {
  const { url } = await createMigratedDatabase(t)
  await runFleet({ url, processes: 3, jobs: 24, seconds: 5 })
})
