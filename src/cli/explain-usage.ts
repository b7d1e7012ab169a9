import type { Command } from 'commander'

/** After an error of usage: where it says how it is used. And commander's own words for a wrong argument, as a person would say it. */
export function explainUsage(command: Command, path: readonly string[] = [command.name()]): void {
  command.showHelpAfterError(`See: ${path.join(' ')} --help`)
  command.configureOutput({ outputError: (text, write) => write(inPlainWords(text)) })
  for (const child of command.commands) explainUsage(child, [...path, child.name()])
}

const inPlainWords = (text: string): string =>
  text
    .replace(/command-argument value '(.*)' is invalid for argument '(.*)'\./, "'$1' is no <$2>.")
    .replace(/option '(\S+).*' argument '(.*)' is invalid\./, "'$2' does not fit $1.")
    .replace('Allowed choices are ', 'It is one of ')
    .replace(/missing required argument '(.*)'/, 'missing: <$1>')
