import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCli, type CliProcess, type CliResult } from '../cli-process.ts'

/** Beside the sources: they are there to be read. */
const FOLDER = new URL('../../../../test/cli/terminal/', import.meta.url)

/** `PAWL_TEST_UPDATE=1 npm test terminal` writes them anew. */
const UPDATES = (process.env['PAWL_TEST_UPDATE'] ?? '') !== ''

/** What is another each time, and what is written in its place. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/postgres:\/\/[^\s/]+\/\w+/g, '<database>'],
  [/#token=[\w-]+/g, '#token=<token>'],
  [/\b(127\.0\.0\.1|localhost):\d+/g, '$1:<port>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\b\d\d:\d\d:\d\d\b/g, '<clock>'],
  [/\bNode v?\d+\.\d+\.\d+/g, 'Node <version>'],
  [/PostgreSQL \d+\.\d+/g, 'PostgreSQL <version>'],
  [/(?<=<host>:)\d+:[0-9a-f]{8}/g, '<pid>'],
  [/\d{4}-\d\d-\d\d <clock>/g, '<time>'],
  // How far it had come when it was said.
  [/^<clock> ⋯ \S+ [\d,]+ of .*\n/gm, ''],
  // Each Node says it otherwise.
  [/(?<=It is no JSON: ).*/g, '<reason>'],
  [/\(at \/\S*…/g, '(at <file>…'],
  [/\b\d+(?:\.\d+)? (?:ms|s|min|h|d)(?: \d+ (?:s|min|h))?\b/g, '<duration>'],
]

/** What a person types, one after the other, and what is answered: kept as a text that can be read, and compared with it. */
export class Transcript {
  readonly #t: TestContext
  readonly #name: string
  readonly #parts: string[] = []
  #masks: readonly (readonly [RegExp | string, string])[]

  /** @param options.exact nothing in it is another each time */
  constructor(t: TestContext, name: string, { exact = false } = {}) {
    this.#t = t
    this.#name = name
    this.#masks = exact ? [] : VOLATILE
  }

  /** From here on this is written as that. */
  mask(what: RegExp | string, as: string): void {
    this.#masks = [[what, as], ...this.#masks]
  }

  /** A line of explanation. */
  say(text: string): void {
    this.#parts.push(`# ${text}\n`)
  }

  /** Runs it to its end. */
  async run(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    const result = await this.start(folder, args, env).ended
    this.add(args, result)
    return result
  }

  start(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): CliProcess {
    return startCli(this.#t, folder, args, env)
  }

  /** What it printed: the lines of stderr begin with `2> `. */
  add(args: readonly string[], { code, out, err }: CliResult): void {
    const command = ['pawl', ...args.map(quoted)].join(' ')
    const errors = err.replaceAll(/^/gm, '2> ').replace(/2> $/, '')
    this.#parts.push(`$ ${this.#masked(command)}\n${this.#masked(`${out}${errors}`)}[exit ${code}]\n`)
  }

  /** Compares with what is kept. */
  end(): void {
    const text = this.#parts.join('\n')
    const file = new URL(`${this.#name}.txt`, FOLDER)
    if (UPDATES) return writeFileSync(file, text)
    assert.ok(existsSync(file), `${fileURLToPath(file)} is missing: PAWL_TEST_UPDATE=1 writes it`)
    assert.equal(
      text,
      readFileSync(file, 'utf8'),
      `${this.#name}.txt is not what is printed now; PAWL_TEST_UPDATE=1 writes it anew`,
    )
  }

  /** What is masked was wider or narrower, and so was its column: columns are two spaces apart where one was. */
  #masked(text: string): string {
    const masked = this.#masks.reduce<string>((before, [what, as]) => before.replaceAll(what, as), text)
    return masked === text ? text : masked.replaceAll(/(?<=\S) {2,}(?=\S)/g, '  ')
  }
}

const quoted = (word: string): string => (/^[\w./:=@-]+$/.test(word) ? word : `'${word}'`)
