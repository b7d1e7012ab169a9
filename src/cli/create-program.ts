import { Command } from 'commander'
import { addConfigCheck } from './commands/config-check.ts'
import type { CliContext } from './commands/cli-context.ts'
import { addCron } from './commands/cron.ts'
import { addHooksList } from './commands/hooks-list.ts'
import { addRun } from './commands/run.ts'
import { ownVersion } from './own-package.ts'

/** The command line: commands, options, help. Throws commander's errors instead of exiting. */
export function createProgram(context: CliContext): Command {
  const program = new Command('pawl')
    .description('The runtime around a chain indexer: lifecycle hooks, scheduled jobs and database rollback')
    .version(ownVersion())
    .option('--debug', 'print stacks of errors, and debug lines (also: PAWL_DEBUG=1)')
    .exitOverride()
    .showSuggestionAfterError()
  addRun(program, context)
  addConfigCheck(program, context)
  addHooksList(program, context)
  addCron(program, context)
  return program
}
