// Makes the database that `layouts/` keeps of a version of Pawl's own tables: `node dist/test/database/upgrade/make-layout.js
// <database url>` on an empty database of the oldest PostgreSQL; then `pg_dump --no-owner --no-privileges --inserts` without
// its lines that begin with a backslash. Once a release that changed them; never again for one that is out.
import { createActor } from 'xstate'
import { pawl } from 'pawl'
import { nextEvent, simulateChain } from 'pawl/testing'
import { storedProject } from './stored-project.ts'

const [database = ''] = process.argv.slice(2)
const chain = simulateChain({ seed: 'stored', length: 40, finality: 20 })
const root = createActor(pawl(storedProject(database, chain)))
root.subscribe({ error: (error) => console.error(error) })
const synchronized = nextEvent(root, 'lifecycle', ({ state }) => state === 'synchronized')
root.start()
await synchronized
root.send({ type: 'RUN_JOB', job: 'daily' })
await nextEvent(root, 'hook.finished', ({ hook }) => hook === 'tick')
const indexed = nextEvent(root, 'index.progress', ({ hash }) => hash === chain.head.hash)
chain.reorg(3, 5)
await indexed
await nextEvent(root, 'hook.finished', ({ hook }) => hook === 'announce')
root.send({ type: 'STOP' })
