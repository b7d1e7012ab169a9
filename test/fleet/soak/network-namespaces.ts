import { execFileSync } from 'node:child_process'

/** How a process is started in its namespace, for `fork`. */
export interface Launch {
  readonly execPath: string
  readonly execArgv: string[]
}

const ip = (...args: readonly string[]): void =>
  void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })

/**
 * A network namespace for each of some processes, joined by a bridge to where the database is. A link that is cut loses what is sent
 * over it, and says so to nobody. Needs Linux, `ip` of iproute2, and the right to administer the network (CAP_NET_ADMIN, CAP_SYS_ADMIN).
 */
export class NetworkNamespaces {
  /** Of the database's side. */
  readonly address: string
  readonly #name: string
  readonly #count: number

  /** @throws where it is not allowed */
  constructor(count: number, name = `pawl${process.pid % 10_000}`) {
    this.#name = name
    this.#count = count
    const net = `10.${77 + (process.pid % 100)}.0`
    this.address = `${net}.1`
    try {
      ip('link', 'add', name, 'type', 'bridge')
      ip('addr', 'add', `${this.address}/24`, 'dev', name)
      ip('link', 'set', name, 'up')
      for (let at = 0; at < count; at += 1) {
        const [namespace, outer, inner] = [this.#namespace(at), this.#link(at), `${name}i${at}`]
        ip('netns', 'add', namespace)
        ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner)
        ip('link', 'set', outer, 'master', name, 'up')
        ip('link', 'set', inner, 'netns', namespace)
        ip('-n', namespace, 'addr', 'add', `${net}.${at + 2}/24`, 'dev', inner)
        ip('-n', namespace, 'link', 'set', inner, 'up')
        ip('-n', namespace, 'link', 'set', 'lo', 'up')
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  launch(at: number): Launch {
    return { execPath: 'ip', execArgv: ['netns', 'exec', this.#namespace(at), process.execPath] }
  }

  cut(at: number): void {
    ip('link', 'set', this.#link(at), 'down')
  }

  heal(at: number): void {
    ip('link', 'set', this.#link(at), 'up')
  }

  /** Idempotent. */
  close(): void {
    for (let at = 0; at < this.#count; at += 1) attempt(() => ip('netns', 'del', this.#namespace(at)))
    attempt(() => ip('link', 'del', this.#name))
  }

  #namespace(at: number): string {
    return `${this.#name}n${at}`
  }

  #link(at: number): string {
    return `${this.#name}o${at}`
  }
}

function attempt(what: () => void): void {
  try {
    what()
  } catch {
    // It was not made.
  }
}
