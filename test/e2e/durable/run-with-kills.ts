import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { randomNumbers } from './record-chain.ts'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

export interface KillOptions {
  readonly url: string
  /** Of the recorded chain. */
  readonly file: string
  readonly kills: number
  readonly seed: number
  /** Messages of the process between two kills, on average. */
  readonly every: number
}

/** Runs the indexer, kills it at random moments, and in the end lets it come to its end. */
export async function runWithKills(sql: postgres.Sql, options: KillOptions): Promise<void> {
  const random = randomNumbers(options.seed)
  for (let kill = 0; kill < options.kills; kill += 1) {
    await runUntil(options, messagesUntil(1 + Math.floor(random() * 2 * options.every)), 'kill')
  }
  await runUntil(options, queueIsEmpty(sql), 'stop')
}

type Watch = (message: unknown, end: () => void) => void

function messagesUntil(count: number): Watch {
  let left = count
  return (_, end) => {
    left -= 1
    if (left <= 0) end()
  }
}

/** The chain is at its end, and what is left waits for levels that will not come. */
function queueIsEmpty(sql: postgres.Sql): Watch {
  let atEnd = false
  let looking = false
  let again = false
  return (message, end) => {
    atEnd ||= message === 'end'
    // The last message may come during a look that was too early.
    again = atEnd
    if (!atEnd || looking) return
    looking = true
    void (async () => {
      for (let empty = false; again && !empty;) {
        again = false
        empty = await isEmpty(sql)
        if (empty) end()
      }
      looking = false
    })()
  }
}

async function isEmpty(sql: postgres.Sql): Promise<boolean> {
  const rows = await sql`
    select from pawl.firing f left join pawl.index i on i.id = f.index_id
    where f.state in ('queued', 'running') and (f.level is null or i.level >= f.level + f.confirmations) limit 1`
  return rows.length === 0
}

function runUntil({ url, file }: KillOptions, watch: Watch, how: 'kill' | 'stop'): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(MAIN, [url, file])
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve()
      else reject(new Error(`the indexer ended with ${code ?? signal}`))
    })
    let over = false
    child.on('message', (message) => {
      watch(message, () => {
        if (over) return
        over = true
        if (how === 'kill') child.kill('SIGKILL')
        else child.send('stop')
      })
    })
  })
}
