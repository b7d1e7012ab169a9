// Runs the Ponder app and Pawl beside it through a reorg: `npm run build` in the root, `npm install` here, `npm run try`.
import { fileURLToPath } from 'node:url'
import { runTrial } from '../beside-trial/run-trial.mjs'

const port = 42_000 + (process.pid % 1_000)

await runTrial({
  here: fileURLToPath(new URL('.', import.meta.url)),
  name: 'the app',
  indexer: ['node_modules/ponder/dist/esm/bin/ponder.js', 'start', '--schema', 'app', '--port', String(port)],
  env: { PONDER_TELEMETRY_DISABLED: '1' },
  seen: async (sql) => {
    const [there] = await sql`select to_regclass('app.seen') is not null as there`
    return there.there ? (await sql`select hash from app.seen order by number`).map(({ hash }) => hash) : []
  },
})
