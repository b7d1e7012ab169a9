import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SimulatedChain } from 'pawl/testing'
import { serveChain } from './remote-chain.ts'

export interface ObservedProcess {
  /** The next value of this name that it tells; undefined where it ended first. */
  told<Value>(name: string): Promise<Value>
  send(message: string): void
  /** Its exit code. */
  readonly ended: Promise<number | null>
}

/** Starts the process that is measured: `file` is a module beside this one. It has the chain of this process. */
export function observe(file: string, args: readonly string[], chain: SimulatedChain): ObservedProcess {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--enable-source-maps'],
  })
  serveChain(child, chain)
  const waiting = new Map<string, (value: never) => void>()
  const ended = once(child, 'exit').then(([code]) => {
    for (const [name] of waiting) waiting.get(name)?.(undefined as never)
    return code as number | null
  })
  child.on('message', (message: Readonly<Record<string, never>>) => {
    for (const name of Object.keys(message)) waiting.get(name)?.(message[name] as never)
  })
  return {
    told: (name) =>
      new Promise((resolve) => {
        waiting.set(name, resolve as (value: never) => void)
        if (!child.connected) resolve(undefined as never)
      }),
    send: (message) => void (child.connected && child.send(message)),
    ended,
  }
}
