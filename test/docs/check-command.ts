import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { createProgram } from '../../src/cli/create-program.ts'
import { ROOT } from './read-pages.ts'

const scriptsOf = (file: string): Record<string, string> =>
  (JSON.parse(readFileSync(file, 'utf8')) as { readonly scripts?: Record<string, string> }).scripts ?? {}

const scripts = scriptsOf(join(ROOT, 'package.json'))
const stream = () => Object.assign(new PassThrough(), { isTTY: false }) as never

/** What is wrong with a line of a shell block: a script or a command of Pawl's that is not there, an option that it does not take. */
export function checkCommand(line: string, page = 'README.md'): string | undefined {
  // Several on a line, with variables before them.
  for (const part of line.replace(/\s#.*$/, '').split(/&&|\|\||[|;]/)) {
    const words = (part.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).filter((_, at, all) => {
      const before = all.slice(0, at + 1)
      return !before.every((each) => /^[A-Z_]+=/.test(each))
    })
    const wrong =
      words[0] === 'npm' && words[1] === 'run'
        ? checkScript(words, page)
        : words[0] === 'npx' && words[1] === 'pawl'
          ? checkPawl(words.slice(2))
          : words[0] === 'pawl'
            ? checkPawl(words.slice(1))
            : undefined
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkScript(words: readonly string[], page: string): string | undefined {
  // An example with packages of its own has scripts of its own.
  const own = join(ROOT, dirname(page), 'package.json')
  const known = { ...scripts, ...(page.startsWith('examples/') && existsSync(own) ? scriptsOf(own) : {}) }
  const name = words.slice(2).find((word) => !word.startsWith('-'))
  return name === undefined || name in known || name === 'typecheck' ? undefined : `no script "${name}"`
}

function checkPawl(words: readonly string[]): string | undefined {
  let command: Command = createProgram({ out: stream(), err: stream(), input: stream() } as never)
  const options = [...command.options]
  for (const word of words) {
    if (word === '--help' || word === '-h' || word === '--version' || word === '-V') continue
    if (word.startsWith('-')) {
      const [name] = word.split('=')
      if (![...options, ...command.options].some(({ short, long }) => name === short || name === long))
        return `"${word}" is no option of "${command.name()}"`
      continue
    }
    const sub = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
    if (sub !== undefined) command = sub
    else if (command.commands.length > 0 && word !== 'help')
      return `"${word}" is no command of "${command.name()}"`
  }
  return undefined
}
