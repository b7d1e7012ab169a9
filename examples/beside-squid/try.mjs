// Runs both through a reorg, on a node and a database of this process's own: `npm run build` in the root, `npm install` here,
// `npm run try`. Ends with 0 when every block that stayed was announced once, and none that left.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, openSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { startAnvil } from '../../dist/examples/anvil/start-anvil.js'
import { startPostgres } from '../../dist/src/database/embedded/start-postgres.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'pawl-squid-'))
const anvil = await startAnvil({ args: ['--chain-id', '31337'] })
const database = await startPostgres({ directory: folder, durable: false })
const sql = postgres(database.url, { max: 1, onnotice: () => {} })
const env = { ...process.env, RPC_URL: anvil.url, DATABASE_URL: database.url, DB_URL: database.url }
const children = []
const start = (name, args) => {
  const log = join(folder, `${name}.log`)
  const file = openSync(log, 'w')
  children.push(spawn(process.execPath, args, { cwd: here, env, stdio: ['ignore', file, file] }))
  return () => readFileSync(log, 'utf8')
}
const until = async (what, test) => {
  for (let tries = 0; ; tries += 1) {
    if (await test()) return console.log(`✓ ${what}`)
    if (tries === 600) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
const mine = (blocks) => anvil.rpc('anvil_mine', [`0x${blocks.toString(16)}`])
const chain = async () => {
  const height = Number(await anvil.rpc('eth_blockNumber'))
  const blocks = Array.from({ length: height + 1 }, (_, at) =>
    anvil.rpc('eth_getBlockByNumber', [`0x${at.toString(16)}`, false]),
  )
  return (await Promise.all(blocks)).map(({ hash }) => hash)
}
const seen = async () => (await sql`select hash from seen order by id::int`).map(({ hash }) => hash)

let code = 1
let squid = () => ''
let pawl = () => ''
try {
  await sql`create table seen (id text primary key, hash text not null)`
  await mine(40)
  squid = start('squid', ['squid.mjs'])
  pawl = start('pawl', ['../../dist/src/cli/main.js', 'run', '--json', '--config', 'pawl.config.ts'])
  await until('the Squid is at the head, and Pawl says so', () => pawl().includes('the Squid is at the head'))
  await until('a job that waits for that fires', () => /the Squid has 4\d blocks/.test(pawl()))
  const orphans = (await chain()).slice(-3)
  await anvil.rpc('anvil_reorg', [3, []])
  await mine(3)
  await until('the Squid follows the new branch', async () => String(await seen()) === String(await chain()))
  await until('Pawl has rolled back what it had of the old one', () => pawl().includes('"index.rolledBack"'))
  const stayed = (await chain()).slice(0, -3)
  await until('all that is 3 deep is announced', () => pawl().includes(`announced ${stayed.length - 1} `))
  const announced = [...pawl().matchAll(/announced \d+ (0x[0-9a-f]{64})/g)].map(([, hash]) => hash)
  const wrong = orphans.filter((hash) => announced.includes(hash))
  console.log(
    `${announced.length} announced, ${stayed.length} are there to stay, ${wrong.length} of those that left`,
  )
  if (String(announced.toSorted()) === String(stayed.toSorted())) code = 0
} catch (error) {
  console.error(error, '\n--- squid\n', squid().slice(-3000), '\n--- pawl\n', pawl().slice(-3000))
} finally {
  for (const child of children) child.kill('SIGKILL')
  await sql.end()
  await database.stop()
  await anvil.stop()
  rmSync(folder, { recursive: true, force: true })
}
process.exit(code)
