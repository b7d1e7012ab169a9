import type { Command } from 'commander'
import { createProgram } from '../../src/cli/create-program.ts'

const HEAD = `# The command line

Made from the commands themselves by \`npm run docs\`. In a project with Pawl installed it is \`npx pawl …\`.

- **Where the config is**: \`pawl.config.ts\`, \`pawl.yaml\` or \`dipdup.yaml\` of the folder, or \`--config <file>\`.
- **Exit codes**: 0 done; 1 failed; 2 wrong usage or config; 130 and 143 after a clean stop by Ctrl-C or SIGTERM. A second Ctrl-C stops at once.
- **For programs**: \`--json\` prints one object, or one a line; \`bigint\` as text, times in ISO 8601. Errors, and what is waited for, go to stderr.
- **Colours and progress** only on a terminal; \`NO_COLOR=1\` takes the colours away. \`--debug\` adds stacks of errors.
- A project that runs and one that does not are looked at and changed the same way: by its database.
`

/** `docs/cli.md`: each command's own help, at 80 columns. The same commands always give the same page. */
export function cliPage(): string {
  const program = createProgram({
    out: process.stdout,
    debug: false,
    confirm: undefined,
    ask: undefined,
    stops: { listen: () => () => {} },
    faults: { listen: () => () => {} },
    force: () => {},
    exit: () => {},
  })
  return [HEAD, ...leaves(program).map(section)].join('\n')
}

/** Commands that do something, in the order of the help. */
const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)

function section(command: Command): string {
  let help = ''
  command.configureOutput({
    writeOut: (text) => (help += text),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return `## pawl ${nameOf(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`
}

/** With those of the commands it is of, without `pawl`. */
function nameOf(command: Command): string {
  const { parent } = command
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`
}
