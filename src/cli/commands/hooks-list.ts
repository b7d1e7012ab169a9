import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { SYSTEM_HOOKS } from '../../hooks/hook.ts'
import { loadConfig } from '../load-config.ts'
import { layOutTable } from '../table.ts'
import { toJson } from '../to-json.ts'
import type { CliContext, ConfigOption, JsonOption } from './cli-context.ts'

export function addHooksList(program: Command, { out }: CliContext): void {
  program
    .command('hooks')
    .description('look at the hooks')
    .command('list')
    .description('list the hooks of the config, their arguments and the jobs that fire them')
    .option('--config <file>', 'the config (default: pawl.config.ts, .mts, .js or .mjs, here)')
    .option('--json', 'print one JSON object a line')
    .action(async ({ config: named, json = false }: ConfigOption & JsonOption) => {
      const { config } = await loadConfig(named)
      const hooks = listHooks(config)
      if (json) for (const hook of hooks) out.write(`${toJson(hook)}\n`)
      else if (hooks.length === 0) out.write('The config has no hooks.\n')
      else {
        const rows = hooks.map(({ name, kind, args, firedBy }) => [
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
