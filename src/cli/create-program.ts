import { Command } from 'commander'
import { addExamples } from './add-examples.ts'
import { explainUsage } from './explain-usage.ts'
import { addConfigCheck } from './commands/config-check.ts'
import type { CliContext } from './commands/cli-context.ts'
import { addCompletion } from './commands/completion.ts'
import { addCron } from './commands/cron.ts'
import { addDiagrams } from './commands/diagrams.ts'
import { addDoctor } from './commands/doctor.ts'
import { addHelp } from './commands/help.ts'
import { addHooks } from './commands/hooks.ts'
import { addInit } from './commands/init.ts'
import { addInspect } from './commands/inspect.ts'
import { addJobs } from './commands/jobs.ts'
import { addRollback } from './commands/rollback.ts'
import { addRun } from './commands/run.ts'
import { addSchema } from './commands/schema.ts'
import { addStatus } from './commands/status.ts'
import { addWorker } from './commands/worker.ts'
import { addWorkers } from './commands/workers.ts'
import { ownVersion } from '../own-package.ts'

/** The command line: commands, options, help. Throws commander's errors instead of exiting. */
export function createProgram(context: CliContext): Command {
  const program = new Command('pawl')
    .description('The runtime around a chain indexer: lifecycle hooks, scheduled jobs and database rollback')
    .version(ownVersion())
    .option('--debug', 'print stacks of errors, and debug lines (also: PAWL_DEBUG=1)')
    .exitOverride()
    .showSuggestionAfterError()
  addInit(program, context)
  addRun(program, context)
  addWorker(program, context)
  addWorkers(program, context)
  addStatus(program, context)
  addDoctor(program, context)
  addConfigCheck(program, context)
  addHooks(program, context)
  addJobs(program, context)
  addSchema(program, context)
  addRollback(program, context)
  addInspect(program, context)
  addCron(program, context)
  addDiagrams(program, context)
  addCompletion(program, context)
  addHelp(program)
  addExamples(program)
  explainUsage(program)
  return program
}
