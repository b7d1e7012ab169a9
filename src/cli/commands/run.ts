import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { ROLES, type Role } from '../../roles.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { loadConfig } from '../load-config.ts'
import { createTerminal } from '../terminal.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

interface RunOptions extends ConfigOption, JsonOption {
  readonly roles?: string
  readonly indexes?: string
  readonly inspect?: boolean
}

export function addRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('index the chain, fire hooks and jobs, until stopped by Ctrl-C')
    .option(...CONFIG_OPTION)
    .option('--inspect', 'serve a page that shows Pawl, on this machine only')
    .option('--roles <roles>', `what this process does of it, of ${ROLES.join(',')}; default: everything`)
    .option(
      '--indexes <names>',
      'the indexes that this process may follow, where several share them; default: all of them',
    )
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: file, json = false, inspect = false, roles, indexes }: RunOptions) => {
      await runProcess(context, {
        file,
        json,
        process: {
          ...(roles === undefined ? {} : { roles: listed(roles) as Role[] }),
          ...(indexes === undefined ? {} : { follow: listed(indexes) }),
          ...(inspect ? { inspector: true } : {}),
        },
      })
    })
}

interface Process {
  readonly file: string | undefined
  readonly json: boolean
  /** What this process does of the project. `inspector` is only asked for: what the config says of it counts. */
  readonly process: Pick<Config, 'roles' | 'follow' | 'inspector'>
}

/** Runs the project with what this process does of it. */
export async function runProcess(
  { out, debug, stops, faults, force, exit }: CliContext,
  { file, json, process }: Process,
): Promise<void> {
  const { config } = await loadConfig(file)
  // Only these commands need the whole runtime; the others start faster without it.
  const { runRoot } = await import('../run-root.ts')
  const terminal = createTerminal({ out, json, debug })
  const asked = { ...config, ...process, ...(config.inspector ? { inspector: config.inspector } : {}) }
  const { exitCode, error } = await runRoot(asked, { terminal, stops, faults, force })
  exit(exitCode, error)
}

const listed = (names: string): string[] =>
  names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
