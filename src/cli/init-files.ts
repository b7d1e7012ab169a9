import { basename, join } from 'node:path'
import { describeProject, PROJECT_TYPES } from '../config/yaml/describe-project.ts'
import type { YamlConfig } from '../config/yaml/read-yaml-config.ts'
import type { YamlHook } from '../config/yaml/yaml-hooks.ts'
import { SYSTEM_HOOKS, type SystemHookName } from '../hooks/hook.ts'
import { callbackPath } from './load-callbacks.ts'
import { manifestOf, type Manifest } from './package-manifest.ts'

/** A file that a project of a YAML config begins with. */
export interface InitFile {
  /** From the project's folder. */
  readonly path: string
  readonly text: string
  /** What is as good, so that the file is not missing: also code with another ending, or a file of a folder above; `here`: this very file. */
  readonly insteadOf: 'code' | 'sql' | 'generated' | 'file' | 'here'
}

/** The smallest project there is. */
export const FIRST_YAML = `hooks:
  hello:
    callback: hello
    args:
      name: str

jobs:
  hello_every_minute:
    hook: hello
    interval: 60
    args:
      name: world
`

/** What they need to run. */
export const yamlManifest = (): Manifest => manifestOf({ start: 'pawl run', check: 'tsc' })

/**
 * A stub and a folder of SQL scripts for each hook, and what tells the compiler of them.
 * @param ending of code that is ES modules there
 */
export function listInitFiles(
  configFile: string,
  { hooks, hasIndexes }: YamlConfig,
  ending: string,
): readonly InitFile[] {
  // Two hooks may run the same code.
  const user = hooks.filter((hook, at) => hooks.findIndex((other) => other.callback === hook.callback) === at)
  return [
    ...user.map((hook) => code(hook.callback, stubOf(hook), ending)),
    ...SYSTEM_HOOKS.map((name) => code(name, SYSTEM_STUBS[name], ending)),
    ...(hasIndexes ? [{ path: `indexes${ending}`, text: INDEXES, insteadOf: 'code' } as const] : []),
    ...[...user.map(({ callback }) => callback), ...SYSTEM_HOOKS].map((name): InitFile => ({
      // So that git keeps the folder.
      path: join('sql', ...name.split('.'), '.keep'),
      text: '',
      insteadOf: 'sql',
    })),
    { path: PROJECT_TYPES, text: describeProject(basename(configFile), hooks), insteadOf: 'generated' },
    { path: 'tsconfig.json', text: TSCONFIG, insteadOf: 'file' },
    { path: '.gitignore', text: IGNORED, insteadOf: 'file' },
  ]
}

const code = (callback: string, text: string, ending: string): InitFile => ({
  path: `${callbackPath(callback)}${ending}`,
  text: `import type { HookCallback } from 'pawl'\n\n${text}\n`,
  insteadOf: 'code',
})

const IDENTIFIER = /^(?!(?:arguments|await|ctx|default|delete|eval|in|new|this|with|yield)$)[A-Za-z_$][\w$]*$/

function stubOf({ name, callback, args }: YamlHook): string {
  const exported = callback.split('.').at(-1) ?? callback
  const names = [...args.keys()]
  const taken = names.every((arg) => IDENTIFIER.test(arg)) ? `{ ${names.join(', ')} }` : 'args'
  const [parameters, log] =
    names.length === 0 ? ['ctx', []] : [`ctx, ${taken}`, [`  ctx.logger.info('${callback}', ${taken})`]]
  return [
    `export const ${exported}: HookCallback<'${name}'> = async (${parameters}) => {`,
    ...log,
    `  await ctx.executeSqlScript('${callback}')`,
    '}',
  ].join('\n')
}

const empty = (name: SystemHookName, when: string): string =>
  `/** ${when} The scripts of sql/${name}/ have run before it. */\nexport const ${name}: HookCallback<'${name}'> = async () => {}`

const SYSTEM_STUBS: Readonly<Record<SystemHookName, string>> = {
  on_restart: empty('on_restart', 'At every start, before any indexing.'),
  on_reindex: empty('on_reindex', 'The database is new or was wiped: create tables, views and seed rows.'),
  on_synchronized: empty('on_synchronized', 'Every time that all indexes have reached their heads.'),
  on_index_rollback: `/** Levels toLevel + 1 to fromLevel left the chain. */
export const on_index_rollback: HookCallback<'on_index_rollback'> = async (ctx, index, fromLevel, toLevel) => {
  await ctx.rollback(index, fromLevel, toLevel)
}`,
}

const INDEXES = `import { defineConfig } from 'pawl'

// The "indexes" of the YAML file are not read: each is a datasource, and a handler that gets its blocks.
//   import { tzkt } from 'pawl/tzkt'   // Tezos: docs/tzkt.md
//   import { evm } from 'pawl/evm'     // Ethereum and its like: docs/datasources.md
export const { indexes } = defineConfig({
  indexes: {},
})
`

export const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2022",
    "lib": ["es2023"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noEmit": true,
    "skipLibCheck": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true
  },
  "include": ["**/*.ts", "**/*.mts"]
}
`

/** What is not for git. */
export const IGNORED = 'node_modules\n.pawl\n.chain\n.env\n'
