import { fork, type ChildProcess } from 'node:child_process'
import { setTimeout as delayed } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'

const MAIN = fileURLToPath(new URL('./indexer.js', import.meta.url))

/** `indexer.ts`, running. */
export interface IndexerProcess {
  readonly pid: number
  /** How it ended: `stopped`, `killed`, or the code of its error. */
  readonly ended: Promise<string>
  /** Undefined while it runs. */
  readonly end: string | undefined
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Lets it come to its end. */
  stop(): void
}

export function startIndexer(url: string, folder: string, how: 'go on' | 'wipe' = 'go on'): IndexerProcess {
  const child: ChildProcess = fork(MAIN, [url, folder, how], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
  let errors = ''
  let code = 'unknown'
  let end: string | undefined
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  child.on('message', (message: string) => (code = message))
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exit, signal) => {
      end = signal === 'SIGKILL' ? 'killed' : exit === 0 ? 'stopped' : code
      if (end === 'unknown') reject(new Error(`the indexer ended with ${exit ?? signal}: ${errors}`))
      else resolve(end)
    })
  })
  ended.catch(() => {})
  return {
    // Undefined only where it could not be started: then `ended` fails.
    pid: child.pid ?? 0,
    ended,
    get end() {
      return end
    },
    kill: (signal) => void child.kill(signal),
    stop: () => void (child.connected && child.send('stop')),
  }
}

/** After these a supervisor starts it again: the network may be cut, and the database away. */
const PASSING = ['LEASE_LOST', 'DATABASE_UNAVAILABLE', 'SESSION_LOST']

/** Did it end by what passes? @throws Error where it ended otherwise */
export async function endedInPassing(indexer: IndexerProcess): Promise<boolean> {
  if (indexer.end === undefined) return false
  const end = await indexer.ended
  if (!PASSING.includes(end)) throw new Error(`the indexer ended before its time: ${end}`)
  return true
}

/** Waits until it is at its end, starting it again where it has to be, and stops it. */
export async function runToTheEnd(
  start: () => IndexerProcess,
  url: string,
  isAtEnd: (sql: postgres.Sql) => Promise<boolean>,
): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  let indexer = start()
  try {
    while (!(await isAtEnd(sql))) {
      if (await endedInPassing(indexer)) indexer = start()
      // Another process's work, which nothing tells us of.
      await delayed(20)
    }
    indexer.stop()
    const end = await indexer.ended
    if (end !== 'stopped') throw new Error(`the indexer did not stop, but: ${end}`)
  } finally {
    indexer.kill('SIGKILL')
    await sql.end()
  }
}
