import { spawn, type ChildProcess } from 'node:child_process'
import type { Writable } from 'node:stream'

export interface GuardedProcess {
  readonly program: string
  readonly args: readonly string[]
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  readonly cwd: string
}

// The program holds no pipe of ours; a shell does. When this process dies, also by kill -9, the shell reads end of file and
// sends the program SIGINT: fast shutdown of a server; initdb removes what it made. Until it is gone, for a shell lets its
// background commands ignore SIGINT: a server that is only starting does, and would stay for ever.
const GUARD =
  '"$@" </dev/null & program=$!; ' +
  '(cat >/dev/null; while kill -INT $program 2>/dev/null; do sleep 0.2 || sleep 1; done) <&3 & guard=$!; ' +
  'wait $program; status=$?; kill $guard 2>/dev/null; wait; exit $status'

/**
 * Starts a program of PostgreSQL that ends when this process does, however that ends, or by `endGuarded`. It is in a process
 * group of its own: Ctrl-C in a terminal goes to a whole group, and the database has to outlive the drain.
 */
export function spawnGuarded({ program, args, user, cwd }: GuardedProcess): ChildProcess {
  const env = { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C', SystemRoot: process.env['SystemRoot'] }
  if (process.platform === 'win32')
    return spawn(program, args, { env, cwd, stdio: ['pipe', 'ignore', 'pipe'] })
  const child = spawn('/bin/sh', ['-c', GUARD, 'sh', program, ...args], {
    ...user,
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  // The shell's `cat` outlives a program that ended by itself.
  child.once('exit', () => (child.stdio[3] as Writable).destroy())
  return child
}

export function endGuarded(child: ChildProcess): void {
  if (process.platform === 'win32') child.kill()
  else (child.stdio[3] as Writable).end()
}
