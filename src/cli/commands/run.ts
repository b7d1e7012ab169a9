import type { Command } from 'commander'
import { loadConfig } from '../load-config.ts'
import { runRoot } from '../run-root.ts'
import { createTerminal } from '../terminal.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('index the chain, fire hooks and jobs, until stopped by Ctrl-C')
    .option('--config <file>', 'the config (default: pawl.config.ts, .mts, .js or .mjs, here)')
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: file, json = false }: ConfigOption & JsonOption) => {
      const { out, debug, signals, force } = context
      const { config } = await loadConfig(file)
      const terminal = createTerminal({ out, json, debug })
      const { exitCode, error } = await runRoot(config, { terminal, signals, force })
      context.exit(exitCode, error)
    })
}
