import { Argument, type Command } from 'commander'
import type { CliContext } from './cli-context.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

export function addCompletion(program: Command, { out }: CliContext): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ pawl completion bash > ~/.local/share/bash-completion/completions/pawl
  $ pawl completion zsh > "\${fpath[1]}/_pawl"
  $ pawl completion fish > ~/.config/fish/completions/pawl.fish
`,
    )
    .action((shell: Shell) => void out.write(SCRIPTS[shell](wordsOf(program))))
}

/** What may follow a command: `['hooks', ['list', 'queue', …]]`. */
type Words = readonly (readonly [command: string, words: readonly string[]])[]

function wordsOf(command: Command, path: readonly string[] = []): Words {
  const own = [
    ...command.commands.map((child) => child.name()),
    ...command.options.flatMap(({ long }) => long ?? []),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    '--help',
  ]
  return [
    [path.join(' '), own],
    ...command.commands.flatMap((child) => wordsOf(child, [...path, child.name()])),
  ]
}

// The words before the cursor that name commands are the command; an argument's value names none, and is passed over.
const finder = (words: Words, given: string): string => `  local at='' word next=''
  for word in ${given}; do
    case "\${at:+$at }$word" in
      ${words.map(([path]) => `'${path}'`).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at" in
${words.map(([path, next]) => `    '${path}') next='${next.join(' ')}' ;;`).join('\n')}
  esac`

const SCRIPTS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `# bash completion of pawl
_pawl() {
${finder(words, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  if [[ "\${COMP_WORDS[COMP_CWORD-1]}" == --config ]]; then COMPREPLY=(); return; fi
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _pawl pawl
`,
  zsh: (words) => `#compdef pawl
_pawl() {
${finder(words, '"${(@)words[2,CURRENT-1]}"')}
  if [[ "\${words[CURRENT-1]}" == --config ]]; then _files; else compadd -- \${=next}; fi
}
compdef _pawl pawl
`,
  fish: (words) =>
    `# fish completion of pawl
function __pawl_at
  set -l at
  for word in (commandline -opc)[2..]
    contains -- (string join ' ' $at $word) ${words
      .slice(1)
      .map(([path]) => `'${path}'`)
      .join(' ')}; and set -a at $word
  end
  test (string join ' ' $at) = "$argv[1]"
end
${words
  .map(([path, next]) => {
    const plain = next.filter((word) => !word.startsWith('-')).join(' ')
    const options = next.filter((word) => word.startsWith('--')).map((word) => `-l ${word.slice(2)}`)
    const at = `complete -c pawl -n "__pawl_at '${path}'"`
    return [
      ...(plain === '' ? [] : [`${at} -f -a '${plain}'`]),
      ...options.map((option) => `${at} ${option}`),
    ].join('\n')
  })
  .join('\n')}
`,
}
