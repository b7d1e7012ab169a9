import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { SYSTEM_HOOKS } from '../../hooks/hook.ts'
import { CONFIG_OPTION } from '../find-config.ts'
import { loadConfig } from '../load-config.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../../text/to-json.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'
import { addHooksFire } from './hooks-fire.ts'
import { addHooksQueue } from './hooks-queue.ts'

/** `pawl hooks list | fire | queue | retry | drop`. The queue is read and changed by its rows, whether the project runs or not. */
export function addHooks(program: Command, context: CliContext): void {
  const hooks = program
    .command('hooks')
    .description('look at the hooks, fire them, and look at the queue of their durable firings')
  addHooksList(hooks, context)
  addHooksFire(hooks, context)
  addHooksQueue(hooks, context)
}

function addHooksList(hooks: Command, { out }: CliContext): void {
  hooks
    .command('list')
    .description('list the hooks of the config, their arguments and the jobs that fire them')
    .option(...CONFIG_OPTION)
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { config } = await loadConfig(named)
      const listed = listHooks(config)
      if (json) for (const hook of listed) out.write(`${toJson(hook)}\n`)
      else if (listed.length === 0) out.write('The config has no hooks.\n')
      else {
        const rows = listed.map(({ name, kind, args, firedBy }) => [
          name,
          kind,
          Object.entries(args)
            .map(([arg, type]) => `${arg}: ${type}`)
            .join(', '),
          firedBy.join(', '),
        ])
        for (const line of layOutTable(['hook', 'kind', 'arguments', 'fired by'], rows))
          out.write(`${line}\n`)
      }
    })
}

interface ListedHook {
  readonly name: string
  readonly kind: 'system' | 'atomic' | 'not atomic'
  readonly args: Readonly<Record<string, string>>
  readonly firedBy: readonly string[]
}

function listHooks(config: Config): ListedHook[] {
  const system = SYSTEM_HOOKS.filter((name) => config[name] !== undefined).map((name): ListedHook => ({
    name,
    kind: 'system',
    args: {},
    firedBy: ['the lifecycle'],
  }))
  const jobs = Object.entries(config.jobs ?? {})
  const user = Object.entries(config.hooks ?? {}).map(([name, hook]): ListedHook => {
    const args = Object.entries(hook.args).map(([arg, schema]) => [arg, schema.expects] as const)
    const firedBy = jobs.filter(([, job]) => job.hook === name).map(([job]) => `job ${job}`)
    return { name, kind: hook.atomic ? 'atomic' : 'not atomic', args: Object.fromEntries(args), firedBy }
  })
  return [...system, ...user]
}
