import { readdirSync, readFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { ConfigurationError } from '../../errors.ts'
import { PACKAGE_ROOT } from '../../own-package.ts'
import { didYouMean, listWords } from '../../text/did-you-mean.ts'
import type { CliContext } from './cli-context.ts'

const FOLDER = new URL('diagrams/', PACKAGE_ROOT)
const ENDINGS = { mermaid: '.mmd', svg: '.svg', layout: '.layout.json' } as const

export function addDiagrams(program: Command, { out }: CliContext): void {
  program
    .command('diagrams')
    .description("print the statechart of one of Pawl's machines; without a name, list them")
    .argument('[machine]', 'root, indexer, index, hooks, scheduler, job …')
    .addOption(
      new Option('--format <format>', 'Mermaid text, a picture, or the places of all that is in it')
        .choices(Object.keys(ENDINGS))
        .default('mermaid'),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ pawl diagrams
  $ pawl diagrams indexer --format svg > indexer.svg
`,
    )
    .action((machine: string | undefined, { format }: { readonly format: keyof typeof ENDINGS }) => {
      const machines = readdirSync(FOLDER)
        .filter((file) => file.endsWith(ENDINGS.mermaid))
        .map((file) => file.slice(0, -ENDINGS.mermaid.length))
      if (machine === undefined) return void out.write(`${machines.join('\n')}\n`)
      if (!machines.includes(machine)) {
        const message = `there is no machine "${machine}"${didYouMean(machine, machines)}`
        throw new ConfigurationError([{ path: '', message }], { hint: `There are ${listWords(machines)}.` })
      }
      return void out.write(readFileSync(new URL(`${machine}${ENDINGS[format]}`, FOLDER), 'utf8'))
    })
}
