// Runs the Squid and Pawl beside it through a reorg: `npm run build` in the root, `npm install` here, `npm run try`.
import { fileURLToPath } from 'node:url'
import { runTrial } from '../beside-trial/run-trial.mjs'

await runTrial({
  here: fileURLToPath(new URL('.', import.meta.url)),
  name: 'the Squid',
  indexer: ['squid.mjs'],
  prepare: (sql) => sql`create table seen (id text primary key, hash text not null)`,
  seen: async (sql) => (await sql`select hash from seen order by id::int`).map(({ hash }) => hash),
})
