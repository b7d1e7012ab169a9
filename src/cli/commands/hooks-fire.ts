import { randomUUID } from 'node:crypto'
import { InvalidArgumentError, type Command } from 'commander'
import { reasonOf } from '../../text/reason-of.ts'
import { toJson } from '../../text/to-json.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { parseArguments } from '../parse-arguments.ts'
import { changeProject } from '../with-project.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

interface FireOptions extends ConfigOption, JsonOption {
  readonly args?: Readonly<Record<string, unknown>>
  readonly key?: string
}

/** Over the durable queue: from outside of whatever process runs the project, or before one does. */
export function addHooksFire(hooks: Command, { out }: CliContext): void {
  hooks
    .command('fire')
    .description('queue a firing of a hook, durably; it runs as soon as Pawl does')
    .argument('<hook>', 'its name')
    .option('--args <json>', 'its arguments: \'{"major": true, "depth": 10}\'', readArguments)
    .option('--key <key>', 'a second firing with this key is the same firing')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
A number of more digits than JavaScript's have is a bigint where it is whole,
else a text, which fits a decimal.

Examples:
  $ pawl hooks fire calculate_stats --args '{"major": true, "depth": 10}'
  $ pawl hooks fire announce --key 2026-01-31 \\
      --args '{"amount": {"$pawl": "bigint", "value": "1000"}}'
`,
    )
    .action(async (hook: string, { config: named, args = {}, key, json = false }: FireOptions) => {
      const id = randomUUID()
      const { isNew, waits } = await changeProject(named, async ({ config, database, clock }) => {
        const [{ FiringStore }, { queueFiring }, { listProcesses }] = await Promise.all([
          import('../../hooks/firing-store.ts'),
          import('../../hooks/queue-firing.ts'),
          import('../../database/list-processes.ts'),
        ])
        const queued = await queueFiring(
          database.sql,
          {
            hook,
            args,
            id,
            origin: { type: 'outside' },
            level: undefined,
            options: { wait: false, ...(key === undefined ? {} : { key }) },
          },
          { hooks: config.hooks ?? {}, store: new FiringStore(database), clock },
        )
        const living = (await listProcesses(database)).filter(({ state }) => state !== 'silent')
        return { isNew: queued, waits: living.length === 0 }
      })
      if (json) out.write(`${toJson({ firing: isNew ? id : null, hook, duplicate: !isNew })}\n`)
      else if (isNew) out.write(`queued firing ${id} of hook ${hook}${waits ? WAITS : ''}\n`)
      else out.write(`there is a firing of hook ${hook} with this key already: nothing was queued\n`)
    })
}

const WAITS = ': no process is at work, and the next `pawl run` or `pawl worker` runs it'

function readArguments(text: string): Readonly<Record<string, unknown>> {
  readOr('It is no JSON: ', () => JSON.parse(text) as unknown)
  const value = readOr('', () => parseArguments(text))
  if (value === undefined) throw new InvalidArgumentError('Write an object: {"name": value}.')
  return value
}

function readOr<T>(otherwise: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new InvalidArgumentError(`${otherwise}${reasonOf(error)}`)
  }
}
