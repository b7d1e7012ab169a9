import type { Command } from 'commander'
import type { ListedProcess } from '../../database/list-processes.ts'
import { formatCount } from '../../text/format-number.ts'
import { toJson } from '../../text/to-json.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { layOutTable } from '../table.ts'
import { readProject } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addWorkers(program: Command, { out }: CliContext): void {
  program
    .command('workers')
    .description('list the processes at work on the database, and what each of them does')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const listed = await readProject(
        named,
        async ({ database }) => {
          const { listProcesses } = await import('../../database/list-processes.ts')
          return listProcesses(database)
        },
        () => [],
      )
      if (json) for (const process of listed) out.write(`${toJson(process)}\n`)
      else if (listed.length === 0) out.write('No process is at work.\n')
      else for (const line of layOutTable(HEAD, listed.map(describe))) out.write(`${line}\n`)
    })
}

const HEAD = ['process', 'version', 'state', 'roles', 'indexes', 'slots', 'running', 'since']

const describe = (process: ListedProcess): string[] => [
  process.name,
  process.version,
  process.state,
  process.roles.join(', '),
  process.indexes.join(', '),
  formatCount(process.slots),
  formatCount(process.running),
  process.startedAt.toISOString(),
]
