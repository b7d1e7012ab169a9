import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** A running local EVM node. */
export interface Anvil {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Calls a JSON-RPC method; throws with the node's own words where it answers with an error. */
  readonly rpc: <Result = unknown>(method: string, params?: readonly unknown[]) => Promise<Result>
  /** Resolves when the process is gone. Can be called more than once. */
  stop(): Promise<void>
}

export interface AnvilOptions {
  /** Blocks come only by `evm_mine`, so that a test or demo decides when. Default: true. */
  readonly noMining?: boolean
  /** Sets where the `finalized` tag stands: 2 × this below the head. Default: anvil's own, 32. */
  readonly slotsInAnEpoch?: number
  /** Default: the first free one. */
  readonly port?: number
  /** More of anvil's own command line. */
  readonly args?: readonly string[]
}

/** The anvil of `examples/anvil`, else one on the PATH; undefined where there is none. */
export function findAnvil(): string | undefined {
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  // The platform's binary itself: the npm wrapper costs 0.1–0.2 s, and a kill would reach only the wrapper.
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}/bin/${file}`
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
    return folders.map((folder) => join(folder, file)).find(isExecutable)
  }
}

/** Starts a node of its own; it ends with `stop()`, with this process, and also when this process is killed. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const binary = findAnvil()
  if (binary === undefined) {
    throw new Error(
      'no anvil here: run `npm ci` on linux-x64, or install Foundry so that `anvil` is on the PATH',
    )
  }
  const args = ['--host', '127.0.0.1', '--port', String(options.port ?? 0)]
  if (options.noMining ?? true) args.push('--no-mining')
  if (options.slotsInAnEpoch !== undefined) args.push('--slots-in-an-epoch', String(options.slotsInAnEpoch))
  // A process group of its own: Ctrl-C goes to Pawl alone, which stops while its node still answers.
  const child = spawn(binary, [...args, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const watchdog = watchParent(child.pid)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  try {
    const url = await listening(child)
    // A test or demo that forgets `stop()` still ends.
    child.unref()
    child.stdout.resume()
    child.stderr.resume()
    unrefPipe(child.stdout)
    unrefPipe(child.stderr)
    return { url, rpc: (method, params) => callRpc(url, method, params), stop }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop(): Promise<void> {
    process.off('exit', kill)
    // First, or it could kill whoever gets the process id next.
    watchdog?.kill('SIGKILL')
    child.ref()
    kill()
    await ended
  }
}

/** A shell that waits for the end of its input, which comes however this process ends, and then kills `pid`. */
function watchParent(pid: number | undefined): ChildProcessByStdio<Writable, null, null> | undefined {
  if (pid === undefined || process.platform === 'win32') return undefined
  const watchdog = spawn('/bin/sh', ['-c', `read _; kill -9 ${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => {})
  watchdog.unref()
  unrefPipe(watchdog.stdin)
  return watchdog
}

function listening(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const collect = (chunk: Buffer) => {
      output += chunk.toString()
      const address = /Listening on (\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve(`http://${address}`)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', (error) => reject(new Error('anvil cannot be started', { cause: error })))
    child.once('close', (code) => reject(new Error(`anvil ended with code ${code}: ${output.trim()}`)))
  })
}

async function callRpc<Result>(
  url: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result?: Result; error?: { message: string } }
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result as Result
}

/** Child pipes are sockets underneath, which their declared types hide. */
function unrefPipe(pipe: Readable | Writable): void {
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
