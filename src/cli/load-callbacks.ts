import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { YamlConfig } from '../config/yaml/read-yaml-config.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { SYSTEM_HOOKS } from '../hooks/hook.ts'
import { describeIssue } from '../text/describe-issue.ts'
import { describeValue } from '../text/describe-value.ts'
import { explainLoadError } from './explain-load-error.ts'
import { loadUserModule } from './load-user-module.ts'

/** The export beside a hook that undoes what a durable firing of it did. */
const ON_REVERTED = 'on_reverted'

type Callback = (...args: readonly never[]) => unknown

/** What the file of a user hook exports: the hook by its name, and `on_reverted` beside it where it has one. */
export interface HookCode {
  readonly run: Callback
  readonly onReverted: Callback | undefined
}

/** The code of a project whose config is a YAML file. */
export interface Callbacks {
  /** By the names of the user hooks. */
  readonly hooks: ReadonlyMap<string, HookCode>
  /** By the names of the system hooks, those that the project has. */
  readonly systemHooks: ReadonlyMap<string, Callback>
  /** What `indexes.ts` exports, if it is there. */
  readonly indexes: unknown
  readonly issues: readonly ConfigurationIssue[]
  /** Of the first file that threw, and what to do about it. */
  readonly cause: ConfigurationError | undefined
}

/** Where a callback's code is, without the ending: `hooks/stats/daily` for `stats.daily`. */
export const callbackPath = (callback: string): string => join('hooks', ...callback.split('.'))

/** The file of this path with one of the endings that code has. */
export const findCode = (directory: string, path: string): string | undefined =>
  ['.ts', '.mts', '.js', '.mjs']
    .map((ending) => join(directory, `${path}${ending}`))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile())

/** Runs the files of all callbacks, and `indexes.ts`. Never throws: what is wrong with each is in `issues`. */
export async function loadCallbacks(directory: string, config: YamlConfig): Promise<Callbacks> {
  const loader = new CodeLoader(directory)
  const hooks = new Map<string, HookCode>()
  const systemHooks = new Map<string, Callback>()
  // One after the other: what they print at load comes in the config's order.
  for (const { name, callback, field } of config.hooks) {
    // What is no name was told before.
    if (callback === '') continue
    const at = { path: field.path, place: config.placeOf(field) }
    const found = await loader.callback(callback, name, at)
    if (found !== undefined) hooks.set(name, found)
  }
  for (const name of SYSTEM_HOOKS) {
    if (findCode(directory, callbackPath(name)) === undefined) continue
    const found = await loader.callback(name, name, { path: '' })
    if (found !== undefined) systemHooks.set(name, found.run)
  }
  const indexes = await loader.indexes()
  return { hooks, systemHooks, indexes, issues: loader.issues, cause: loader.cause }
}

type Where = Omit<ConfigurationIssue, 'message'>

class CodeLoader {
  readonly issues: ConfigurationIssue[] = []
  cause: ConfigurationError | undefined
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async callback(callback: string, hook: string, where: Where): Promise<HookCode | undefined> {
    const path = callbackPath(callback)
    const name = callback.split('.').at(-1) ?? callback
    const file = findCode(this.#directory, path)
    if (file === undefined) {
      this.#wrong(where, `there is no ${path}.ts: "pawl init" begins one that exports ${name}`)
      return undefined
    }
    const exported = await this.#load(file, where)
    if (exported === undefined) return undefined
    const found = Object.hasOwn(exported, name) ? exported[name] : undefined
    const reverted = Object.hasOwn(exported, ON_REVERTED) ? exported[ON_REVERTED] : undefined
    if (reverted !== undefined && typeof reverted !== 'function') {
      this.#wrong(
        where,
        `${relative(this.#directory, file)}: its "${ON_REVERTED}" is ${describeValue(reverted)}, expected a function`,
      )
    }
    if (typeof found === 'function')
      return { run: found as Callback, onReverted: reverted as Callback | undefined }
    const got = found === undefined ? whatIsThere(exported) : `its "${name}" is ${describeValue(found)}`
    this.#wrong(
      where,
      `${relative(this.#directory, file)} exports no function "${name}": ${got}. Write: export const ${name}: HookCallback<'${hook}'> = async (ctx) => { … }`,
    )
    return undefined
  }

  async indexes(): Promise<unknown> {
    const file = findCode(this.#directory, 'indexes')
    if (file === undefined) return undefined
    const exported = await this.#load(file, { path: '' })
    if (exported === undefined) return undefined
    if (Object.hasOwn(exported, 'indexes')) return exported['indexes']
    const got = whatIsThere(exported)
    this.#wrong(
      { path: '' },
      `${relative(this.#directory, file)} exports no "indexes": ${got}. Write: export const { indexes } = defineConfig({ indexes: { … } })`,
    )
    return undefined
  }

  async #load(file: string, where: Where): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      return await loadUserModule(file)
    } catch (error) {
      const explained = explainLoadError(file, error)
      this.cause ??= explained
      if (error instanceof ConfigurationError) {
        for (const issue of error.issues) this.#wrong(where, describeIssue(issue))
        return undefined
      }
      const reason = error instanceof Error ? `: ${error.name}: ${firstLine(error.message)}` : ''
      this.#wrong(where, `${explained.message}${reason}`)
      return undefined
    }
  }

  #wrong(where: Where, message: string): void {
    this.issues.push({ ...where, message })
  }
}

function whatIsThere(exported: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(exported).filter((name) => name !== '__esModule')
  return names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`
}

// A parser's message goes on with the code around; the cause has all of it.
const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? ''
