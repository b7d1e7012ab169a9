import type { Command } from 'commander'
import { formatCount, formatDuration, plural } from '../../text/format-number.ts'
import { toJson } from '../../text/to-json.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { emptyStatus, readProjectStatus, type ProjectStatus } from '../project-status.ts'
import { layOutTable } from '../table.ts'
import { readProject } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addStatus(program: Command, { out }: CliContext): void {
  program
    .command('status')
    .description('tell how the project stands, whether it runs or not: processes, indexes, queue, jobs')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ pawl status
  $ pawl status --json | jq '.indexes[] | {name, level}'
`,
    )
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { status, now } = await readProject(
        named,
        async (project) => ({ status: await readProjectStatus(project), now: project.clock.now() }),
        (place) => ({ status: emptyStatus(place), now: 0 }),
      )
      const lines = json ? [toJson(status)] : describeStatus(status, now)
      out.write(`${lines.join('\n')}\n`)
    })
}

function describeStatus(status: ProjectStatus, now: number): readonly string[] {
  const { database, schema, running, processes, indexes, queue, jobs } = status
  return [
    `${database}, schema "${schema}": ${running ? 'running' : 'not running'}`,
    ...processes.map(({ name, state, roles }) => `process ${name}: ${state} (${roles.join(', ')})`),
    ...(indexes.length === 0
      ? [`Nothing is indexed yet${running ? '.' : ': `pawl run` begins.'}`]
      : layOutTable(
          ['index', 'level', 'last block', 'state'],
          indexes.map(({ name, level, blockTime, synchronized, orphanedFrom }) => [
            name,
            level === null ? '' : formatCount(level),
            blockTime === null ? '' : `${formatDuration(Math.max(0, now - blockTime.getTime()))} ago`,
            orphanedFrom === null
              ? synchronized
                ? 'at its head'
                : running
                  ? 'catching up'
                  : 'stopped'
              : `orphaned rows from level ${formatCount(orphanedFrom)}`,
          ]),
        )),
    queue.length === 0
      ? 'queue: empty'
      : `queue: ${queue.map(({ hook, state, count }) => `${formatCount(count)} ${state} of ${hook}`).join(', ')}`,
    `jobs: ${jobs.active} active, ${jobs.paused} paused${jobs.failing === 0 ? '' : `, ${plural(jobs.failing, 'job')} failed last time (pawl jobs list)`}`,
  ]
}
