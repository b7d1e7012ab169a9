import type { BlockRef } from '../datasources/datasource.ts'
import type { SystemHookName } from '../hooks/hook.ts'
import type { Config, HookConfigs, IndexConfig, JobConfig } from './config.ts'

/** A system hook is a key of the config itself; the type of its place under `hooks` says so. */
type NoSystemHooks = {
  readonly [
    Name in SystemHookName
  ]?: `${Name} is a system hook: move it out of "hooks", to the top level of the config`
}

type ConfigParts = 'indexes' | 'hooks' | 'jobs'

/** What `defineConfig` takes: a `Config` whose indexes, hooks and jobs are inferred. */
export interface ConfigDefinition<
  Blocks extends Readonly<Record<string, BlockRef>>,
  Hooks extends HookConfigs,
  JobName extends string,
> extends Omit<Config, ConfigParts> {
  /** One handler over one datasource each. */
  readonly indexes?: { readonly [Name in keyof Blocks]: IndexConfig<Blocks[Name]> }
  /** User hooks by name, each made by `hook({ … })`. */
  readonly hooks?: Hooks & NoSystemHooks
  /** Schedules, each of one hook of `hooks`, with arguments that fit it. */
  readonly jobs?: { readonly [Name in JobName]: JobOf<NoInfer<Hooks>> }
}

type JobOf<Hooks extends HookConfigs> = [keyof Hooks] extends [never]
  ? { readonly hook: 'a job fires a hook of this config: define one under "hooks"' }
  : JobConfig<Hooks>

/**
 * Returns the config as it is, with all that follows from it inferred: the blocks that a handler gets from its
 * datasource, the hooks that a job can name, and the arguments that fit them.
 *
 * @example
 * export default defineConfig({
 *   hooks: { refresh: hook({ run: (ctx) => ctx.executeSqlScript('refresh') }) },
 *   jobs: { refresh_hourly: { hook: 'refresh', crontab: '0 * * * *' } },
 * })
 */
export function defineConfig<
  Blocks extends Readonly<Record<string, BlockRef>> = Record<never, never>,
  const Hooks extends HookConfigs = Record<never, never>,
  JobName extends string = never,
>(
  config: ConfigDefinition<Blocks, Hooks, JobName>,
): Config<
  { readonly [Name in keyof Blocks]: IndexConfig<Blocks[Name]> },
  Hooks,
  { readonly [Name in JobName]: JobConfig<Hooks> }
> {
  // The same but for NoInfer and the messages to users that stand in for types.
  return config as never
}
