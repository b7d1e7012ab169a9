#!/usr/bin/env node
import { CommanderError } from 'commander'
import { createAsk, createConfirm } from './confirm.ts'
import { createProgram } from './create-program.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { printError, wantsDebug } from './print-error.ts'
import { processFaults } from './process-faults.ts'
import { processStopRequests } from './stop-requests.ts'

const debug = wantsDebug(process.argv, process.env)

const faults = processFaults(
  process,
  (error) => printError(error, process.stderr, debug),
  () => process.stderr.write('', () => process.exit(EXIT.failed)),
)

process.exitCode = await main()
// Whatever user code left open must not keep the process: all of ours has ended.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))

async function main(): Promise<number> {
  let exitCode: number = EXIT.done
  const program = createProgram({
    out: process.stdout,
    debug,
    confirm: createConfirm(process.stdin, process.stdout),
    ask: createAsk(process.stdin, process.stdout),
    stops: processStopRequests(process),
    faults,
    force: (code) => process.exit(code),
    exit: (code, error) => {
      exitCode = code
      if (error !== undefined) printError(error, process.stderr, debug)
    },
  })
  try {
    await program.parseAsync()
    return exitCode
  } catch (error) {
    return tell(error)
  }
}

function tell(error: unknown): number {
  // Commander has printed it. Its code for wrong usage is 1; ours is 2. Asked-for help and version are no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.badInput
  printError(error, process.stderr, debug)
  return exitCodeOf(error, { started: false })
}
