import type { Command } from 'commander'

/** `pawl help hooks fire`: commander's own knows one name, and says nothing of one that there is not. */
export function addHelp(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('display help for command')
    .argument('[command...]')
    .action((names: readonly string[]) => {
      let command = program
      for (const name of names) {
        const next = command.commands.find((one) => one.name() === name)
        if (next === undefined) return command.error(`error: unknown command '${name}'`)
        command = next
      }
      command.help()
    })
}
