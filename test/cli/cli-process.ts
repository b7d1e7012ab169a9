import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** What `node` runs for `pawl`. */
export const CLI_MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

/** ms. A pattern that is wrong must not wait for the end of the whole test run. */
const PRINT_TIMEOUT = 60_000

export interface CliResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A folder with these files, in folders too; gone after the test. */
export function createFolder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-cli-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

/** A config module around the body of `defineConfig`. */
export const config = (body: string): Readonly<Record<string, string>> => ({
  'pawl.config.ts': [
    "import { defineConfig, hook } from 'pawl'",
    "import { evm } from 'pawl/evm'",
    `export default defineConfig(${body} as never)`,
    '',
  ].join('\n'),
})

/** Gives a folder this repository's node_modules, as `npm install` would. */
export function linkDependencies(folder: string): void {
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
}

/** The real `pawl`, started in a folder; ended with the test if it still runs. `command`: something around it. */
export function startCli(
  t: TestContext,
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  command: readonly string[] = [process.execPath, CLI_MAIN, ...args],
): CliProcess {
  return new CliProcess(t, folder, command, env)
}

/** Runs the real `pawl` in a folder to its end. What names the folder says `<folder>` in the result. */
export function runCli(
  t: TestContext,
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  return startCli(t, folder, args, env).ended
}

export class CliProcess {
  readonly ended: Promise<CliResult>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #waiting = new Set<() => void>()
  #out = ''
  #err = ''

  constructor(t: TestContext, folder: string, command: readonly string[], env: NodeJS.ProcessEnv) {
    const [program = '', ...args] = command
    const { PAWL_DEBUG: _, FORCE_COLOR: __, ...inherited } = process.env
    this.#child = spawn(program, args, {
      cwd: folder,
      env: { ...inherited, TZ: 'UTC', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => this.#child.kill('SIGKILL'))
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#out += text
      for (const look of this.#waiting) look()
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#err += text))
    const anonymous = (text: string): string => text.replaceAll(folder, '<folder>')
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (code) =>
        resolve({ code, out: anonymous(this.#out), err: anonymous(this.#err) }),
      )
    })
  }

  /** On its standard output, until now. */
  get printed(): string {
    return this.#out
  }

  get pid(): number {
    // Undefined only where it could not be started: then `ended` fails.
    return this.#child.pid ?? 0
  }

  /** Waits until it has printed this; fails when it ends without, or does not print it in time. */
  async prints(pattern: RegExp, within = PRINT_TIMEOUT): Promise<void> {
    let look = (): void => {}
    let timer: NodeJS.Timeout | undefined
    const printed = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        const printedSoFar = `${this.#out}${this.#err}`
        reject(new Error(`did not print ${pattern} within ${within} ms, but: ${printedSoFar}`))
      }, within)
      look = () => {
        if (pattern.test(this.#out)) resolve()
      }
      this.#waiting.add(look)
      look()
    })
    try {
      await Promise.race([printed, this.#endedAfter(pattern)])
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(look)
    }
  }

  async #endedAfter(pattern: RegExp): Promise<void> {
    const { out, err } = await this.ended
    if (!pattern.test(out)) throw new Error(`ended without printing ${pattern}: ${out}${err}`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Its reader goes away, as `head` does. */
  closeOutput(): void {
    this.#child.stdout.destroy()
  }
}
