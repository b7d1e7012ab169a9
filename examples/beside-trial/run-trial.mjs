// What both examples beside other indexers are put through: a node and a database of this process's own, the indexer, Pawl beside
// it, and three blocks that leave the chain. Needs `npm run build` in the root.
import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startAnvil } from '../../dist/examples/anvil/start-anvil.js'
import { startPostgres } from '../../dist/src/database/embedded/start-postgres.js'

/**
 * Ends the process: with 0 when every block that stayed was announced once, and none that left.
 * @param here the example's folder
 * @param name as Pawl's config calls the indexer: "the Squid"
 * @param indexer arguments of Node that start it
 * @param seen the hashes that it has stored, in the order of the chain
 */
export async function runTrial({ here, name, indexer, env = {}, prepare = async () => {}, seen }) {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-beside-'))
  const anvil = await startAnvil({ args: ['--chain-id', '31337'] })
  const database = await startPostgres({ directory: folder, durable: false })
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  const children = []
  const start = (file, args) => {
    const log = join(folder, `${file}.log`)
    const out = openSync(log, 'w')
    children.push(
      spawn(process.execPath, args, {
        cwd: here,
        env: { ...process.env, RPC_URL: anvil.url, DATABASE_URL: database.url, DB_URL: database.url, ...env },
        stdio: ['ignore', out, out],
      }),
    )
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

  let code = 1
  let other = () => ''
  let pawl = () => ''
  try {
    await prepare(sql)
    await mine(40)
    other = start('indexer', indexer)
    pawl = start('pawl', ['../../dist/src/cli/main.js', 'run', '--json', '--config', 'pawl.config.ts'])
    await until(`${name} is at the head, and Pawl says so`, () => pawl().includes(`${name} is at the head`))
    await until('a job that waits for that fires', () => new RegExp(`${name} has 4\\d blocks`).test(pawl()))
    const orphans = (await chain()).slice(-3)
    await anvil.rpc('anvil_reorg', [3, []])
    await mine(3)
    await until(
      `${name} follows the new branch`,
      async () => String(await seen(sql)) === String(await chain()),
    )
    await until('Pawl has rolled back what it had of the old one', () =>
      pawl().includes('"index.rolledBack"'),
    )
    const stayed = (await chain()).slice(0, -3)
    await until('all that is 3 deep is announced', () => pawl().includes(`announced ${stayed.length - 1} `))
    const announced = [...pawl().matchAll(/announced \d+ (0x[0-9a-f]{64})/g)].map(([, hash]) => hash)
    const wrong = orphans.filter((hash) => announced.includes(hash))
    console.log(
      `${announced.length} announced, ${stayed.length} are there to stay, ${wrong.length} of those that left`,
    )
    if (String(announced.toSorted()) === String(stayed.toSorted())) code = 0
  } catch (error) {
    console.error(error, `\n--- ${name}\n`, other().slice(-3000), '\n--- pawl\n', pawl().slice(-3000))
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await sql.end()
    await database.stop()
    await anvil.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  process.exit(code)
}
