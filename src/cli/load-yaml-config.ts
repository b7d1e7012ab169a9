import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { checkConfig, type CheckedConfig } from '../config/check-config.ts'
import { CONFIG_SOURCE, type ConfigSource } from '../config/config-source.ts'
import { describeProject, PROJECT_TYPES } from '../config/yaml/describe-project.ts'
import type { YamlConfig } from '../config/yaml/read-yaml-config.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { hook } from '../hooks/hook.ts'
import { loadCallbacks, type Callbacks } from './load-callbacks.ts'
import { readYamlFile } from './read-yaml-file.ts'

/**
 * The config of a project whose settings are a YAML file and whose code is beside it.
 * @throws ConfigurationError with all that is wrong, each with its line and column.
 */
export async function loadYamlConfig(file: string): Promise<CheckedConfig> {
  const directory = dirname(file)
  const read = await readYamlFile(file)
  const callbacks = await loadCallbacks(directory, read)
  const stale = await findStaleTypes(file, read)
  const source: ConfigSource = { warnings: [...read.warnings, ...stale], locate: read.locate }
  const config = { ...assemble(read, callbacks), directory, [CONFIG_SOURCE]: source }

  const found = [...read.issues, ...callbacks.issues]
  const { checked, issues } = check(config)
  const all = [...found, ...issues].sort(byPlace)
  if (checked !== undefined && all.length === 0) return checked
  const { cause } = callbacks
  throw new ConfigurationError(all, {
    ...(cause === undefined ? {} : { cause: cause.cause }),
    ...(cause?.hint === undefined ? {} : { hint: cause.hint }),
  })
}

function assemble({ settings, hooks, jobs }: YamlConfig, callbacks: Callbacks): object {
  const made = hooks.map(({ name, args, options }) => {
    const schemas = Object.fromEntries([...args].map(([arg, { schema }]) => [arg, schema]))
    // One without code is told already; its name and its arguments are still there for its jobs.
    const { run, onReverted } = callbacks.hooks.get(name) ?? { run: () => {}, onReverted: undefined }
    const reverted = onReverted === undefined ? {} : { onReverted: onReverted as () => void }
    return [name, hook({ ...options, ...reverted, args: schemas, run: run as () => void })] as const
  })
  return {
    ...settings,
    ...(callbacks.indexes === undefined ? {} : { indexes: callbacks.indexes }),
    hooks: Object.fromEntries(made),
    jobs: Object.fromEntries(jobs),
    ...Object.fromEntries(callbacks.systemHooks),
  }
}

function check(config: object): {
  readonly checked?: CheckedConfig
  readonly issues: readonly ConfigurationIssue[]
} {
  try {
    return { checked: checkConfig(config), issues: [] }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return { issues: error.issues }
  }
}

/** As one reads the file; what stands nowhere in it comes last. */
function byPlace({ place: a }: ConfigurationIssue, { place: b }: ConfigurationIssue): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return a.line - b.line || a.column - b.column
}

async function findStaleTypes(file: string, { hooks }: YamlConfig): Promise<readonly ConfigurationIssue[]> {
  const written = await readFile(join(dirname(file), PROJECT_TYPES), 'utf8').catch(() => undefined)
  if (written === undefined || written === describeProject(basename(file), hooks)) return []
  const message = `${PROJECT_TYPES} tells the compiler of other hooks than ${basename(file)}: run "pawl init"`
  return [{ path: '', message }]
}
