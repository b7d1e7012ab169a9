import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { NetworkNamespaces } from './network-namespaces.ts'

const MAIN = fileURLToPath(new URL('./process.js', import.meta.url))

export interface FleetProject {
  readonly url: string
  /** Of the recorded chain. */
  readonly file: string
  readonly perLevel: number
  /** Levels a second. */
  readonly pace: number
  /** Default: Pawl's own. */
  readonly executor?: 'graphile-worker'
  /** Each process is in a namespace of its own. One that loses its lease, being cut off, ends and is started again. */
  readonly network?: NetworkNamespaces
}

export interface FleetMember {
  readonly roles: string
  readonly pid: number
}

/** The processes of a fleet. One that is killed is started again at once. */
export class FleetProcesses {
  readonly #project: FleetProject
  readonly #children = new Map<string, ChildProcess>()
  #stopping = false
  /** The indexer has come to the end of its chain. */
  readonly ended: Promise<void>
  /** Rejects when a process ends by itself. */
  readonly failed: Promise<never>
  #end = (): void => {}
  #fail = (_: Error): void => {}

  constructor(project: FleetProject, members: readonly string[]) {
    this.#project = project
    this.ended = new Promise((resolve) => (this.#end = resolve))
    this.failed = new Promise((_, reject) => (this.#fail = reject))
    for (const [at, roles] of members.entries()) this.#start(`${at} ${roles}`, roles)
  }

  get members(): readonly FleetMember[] {
    return [...this.#children].map(([name, { pid }]) => ({ roles: name.split(' ')[1] ?? '', pid: pid ?? 0 }))
  }

  kill(pid: number): void {
    for (const child of this.#children.values()) if (child.pid === pid) child.kill('SIGKILL')
  }

  /** Asks all of them to stop; resolves when they have ended. */
  async stop(): Promise<void> {
    this.#stopping = true
    const children = [...this.#children.values()]
    await Promise.all(
      children.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve()
            child.once('exit', () => resolve())
            if (child.connected) child.send('stop')
          }),
      ),
    )
  }

  /** Ends all of them at once. */
  destroy(): void {
    this.#stopping = true
    for (const child of this.#children.values()) child.kill('SIGKILL')
  }

  #start(name: string, roles: string): void {
    const { url, file, perLevel, pace, executor = '', network } = this.#project
    const launch = network?.launch(Number(name.split(' ')[0]))
    const args = [url, roles, file, String(perLevel), String(pace), executor]
    const child = fork(MAIN, args, launch)
    this.#children.set(name, child)
    child.on('message', (message) => void (message === 'end' && this.#end()))
    child.on('error', (error) => this.#fail(error))
    child.once('exit', (code, signal) => {
      const mayEnd = signal === 'SIGKILL' || (network !== undefined && !this.#stopping)
      if (!mayEnd && (code !== 0 || !this.#stopping))
        this.#fail(new Error(`${name} ended with ${code ?? signal}`))
      else if (!this.#stopping) this.#start(name, roles)
    })
  }
}
