import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import type { BusyChain } from './busy-chain.ts'

// Of the checkout, whose packages and TypeScript it reads itself: this file runs from dist/.
const FOLDER = fileURLToPath(new URL('../../../bench/transfers/ponder/', import.meta.url))
const MAIN = join(FOLDER, 'node_modules/ponder/dist/esm/bin/ponder.js')

/** ms between two looks at its tables. */
const LOOK = 2
/** ms until a block is mined for it. */
const PATIENCE = 10_000

export const ponderIsInstalled = (): boolean => existsSync(MAIN)

export interface PonderOptions {
  readonly database: string
  /** Where its tables are; what it has fetched is in one of its own, `ponder_sync`. */
  readonly schema: string
  readonly port: number
  /** Heads come over WebSocket; else it asks once a second. Where they are pushed, it does not look at those before the first. */
  readonly pushed: boolean
}

/** A Ponder with the same workload, in a process of its own; what it has is known by its tables only. */
export class RunningPonder {
  /** ms since 1970. */
  readonly startedAt = performance.timeOrigin + performance.now()
  readonly #chain: BusyChain
  readonly #port: number
  readonly #pushed: boolean
  readonly #child
  readonly #closed: Promise<void>
  readonly #sql: postgres.Sql
  #output = ''

  constructor(chain: BusyChain, { database, schema, port, pushed }: PonderOptions) {
    this.#chain = chain
    this.#port = port
    this.#pushed = pushed
    this.#child = spawn(process.execPath, [MAIN, 'start', '--schema', schema, '--port', String(port)], {
      cwd: FOLDER,
      env: {
        ...process.env,
        DATABASE_URL: database,
        RPC_URL: chain.anvil.url,
        ...(pushed ? { WS_URL: chain.anvil.url.replace('http', 'ws') } : {}),
        TOKEN: chain.token,
        PONDER_TELEMETRY_DISABLED: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => (this.#output = `${this.#output}${String(chunk)}`.slice(-4_000)))
    }
    const end = (): boolean => this.#child.kill('SIGKILL')
    process.once('exit', end)
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', () => {
        process.off('exit', end)
        resolve()
      })
    })
    this.#sql = postgres(database, { max: 1, onnotice: () => {}, connection: { search_path: schema } })
  }

  /** Resolves when another connection reads a row of its. @returns ms since 1970 */
  firstRow(): Promise<number> {
    return this.#until(async () => (await this.#sql`select from transfer limit 1`).length > 0)
  }

  /**
   * Resolves when it has the head: its last row is the head's last. After a long reorg whose heads are pushed 0.16.10 stops short of
   * the head until another block comes: where it is not there after 10 s, one is mined.
   * @returns ms since 1970
   */
  async reached(): Promise<number> {
    for (;;) {
      const { level, logIndex, to } = await this.#chain.lastTransfer()
      const there = async (): Promise<boolean> => {
        const [row] = await this.#sql`
          select "to" from transfer where level = ${level} and log_index = ${logIndex}`
        return row?.['to'] === to
      }
      const at = await this.#once(there, this.#pushed ? PATIENCE : Number.POSITIVE_INFINITY)
      if (at !== undefined) return at
      await this.#chain.mine()
    }
  }

  /** It serves. @returns ms since 1970 */
  ready(): Promise<number> {
    return this.#until(async () => (await fetch(`http://127.0.0.1:${this.#port}/ready`)).ok)
  }

  /** CPU-seconds and the most memory so far, by Linux's own counts; NaN elsewhere. */
  usage(): { readonly cpu: number; readonly peak: number } {
    try {
      const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
      // utime and stime, in ticks of 10 ms.
      return {
        cpu: (Number(fields[11]) + Number(fields[12])) / 100,
        peak: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024,
      }
    } catch {
      return { cpu: Number.NaN, peak: Number.NaN }
    }
  }

  get sql(): postgres.Sql {
    return this.#sql
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
    await this.#sql.end()
  }

  async #until(there: () => Promise<boolean>): Promise<number> {
    return (await this.#once(there, Number.POSITIVE_INFINITY)) ?? Number.NaN
  }

  /** @returns ms since 1970; undefined when it was not so for `patience` ms */
  async #once(there: () => Promise<boolean>, patience: number): Promise<number | undefined> {
    const since = performance.now()
    while (!(await there().catch(() => false))) {
      if (performance.now() - since > patience) return undefined
      if (this.#child.exitCode !== null) throw new Error(`Ponder ended: ${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, LOOK))
    }
    return performance.timeOrigin + performance.now()
  }
}
