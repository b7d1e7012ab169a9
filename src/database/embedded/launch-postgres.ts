import type { ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { DatabaseUnavailableError } from '../../errors.ts'
import { endGuarded, spawnGuarded } from './spawn-guarded.ts'
import { stopServer } from './stop-server.ts'

export interface Launch {
  readonly program: string
  /** The program pg_ctl. */
  readonly control: string
  readonly data: string
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  readonly settings: readonly string[]
}

export interface LaunchedPostgres {
  readonly port: number
  stop(): Promise<void>
}

/** Another program may take the port between our look and the server's: try again with another. */
const PORT_TRIES = 5
/** After a kill -9 the old server of a folder needs up to 2 s to end; on Windows, where nothing watches over it, it does not. */
const OLD_SERVER_TRIES = process.platform === 'win32' ? 1 : 50
const OLD_SERVER_WAIT = 100

/**
 * Starts the server; resolves when it takes connections. The folder has to be claimed: a server that is still in it is nobody's.
 * @throws DatabaseUnavailableError with what it said
 */
export async function launch(options: Launch): Promise<LaunchedPostgres> {
  let ports = 0
  let waits = 0
  let stopped = false
  for (;;) {
    const port = await freePort()
    const { child, log, ready } = start(options, port)
    if (await ready) {
      letGo(child)
      return { port, stop: () => stop(child, options) }
    }
    if (/Address already in use/.test(log()) && ++ports < PORT_TRIES) continue
    if (/lock file "postmaster.pid" already exists|pre-existing shared memory/.test(log())) {
      if (++waits < OLD_SERVER_TRIES) {
        await new Promise((resolve) => setTimeout(resolve, OLD_SERVER_WAIT))
        continue
      }
      if (!stopped) {
        stopped = true
        await stopServer(options)
        continue
      }
    }
    throw new DatabaseUnavailableError(
      `PostgreSQL did not start in ${options.data}. It said:\n${log().trim()}`,
    )
  }
}

function start({ program, data, user, settings }: Launch, port: number) {
  const all = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings]
  const args = ['-D', data, ...all.flatMap((setting) => ['-c', setting])]
  const child = spawnGuarded({ program, args, user, cwd: data })
  let text = ''
  const ready = new Promise<boolean>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      // Kept only until it is up: a server that lives for months says a lot.
      if (text.length < 20_000) text += String(chunk)
      if (/ready to accept connections/.test(text)) resolve(true)
    })
    child.once('exit', () => resolve(false))
    child.once('error', (error) => {
      text += error.message
      resolve(false)
    })
  })
  return { child, ready, log: () => text }
}

/** A server that is up must not keep this process alive. */
function letGo(child: ChildProcess): void {
  child.unref()
  unref(child.stderr)
  unref(child.stdio[3])
}

function unref(stream: unknown): void {
  ;(stream as { unref?(): void } | null | undefined)?.unref?.()
}

async function stop(child: ChildProcess, options: Launch): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.ref()
  // Windows has no signal that asks: one there ends the server as a power cut does.
  if (process.platform === 'win32') await stopServer(options)
  endGuarded(child)
  await ended
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
