import type { Command } from 'commander'
import { CONFIG_OPTION } from '../find-config.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'
import { runProcess } from './run.ts'

export function addWorker(program: Command, context: CliContext): void {
  program
    .command('worker')
    .description('run durable firings beside the process that indexes, until stopped by Ctrl-C')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object a line')
    .action(async ({ config, json = false }: ConfigOption & JsonOption) => {
      await runProcess(context, { file: config, json, process: { roles: ['worker'] } })
    })
}
