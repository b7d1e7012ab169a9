import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isFields, type Fields } from '../config/config-reader.ts'
import { ConfigurationError } from '../errors.ts'
import { readOwnPackage } from '../own-package.ts'

type Texts = Readonly<Record<string, string>>

/** What a project's package.json needs. */
export interface Manifest {
  readonly scripts: Texts
  readonly dependencies: Texts
  readonly devDependencies: Texts
}

/** A package.json that is there, or is to be. */
export interface ProjectPackage {
  /** Absolute. */
  readonly file: string
  /** Undefined: there is no such file yet. */
  readonly text: string | undefined
  /** How code is named so that it is an ES module there. */
  readonly ending: '.ts' | '.mts'
  /** Its code is of no kind yet. */
  readonly mayBeModule: boolean
}

/**
 * Looks at a package.json. In a package of CommonJS modules – one that says so, or says nothing and has code – a `.ts` would be one.
 * @throws ConfigurationError where it is no JSON
 */
export function readPackage(directory: string): ProjectPackage {
  const file = join(directory, 'package.json')
  const text = readIfThere(file)
  const type = text === undefined ? undefined : parse(file, text)['type']
  const mayBeModule = type === undefined && (text === undefined || !hasCode(directory))
  return { file, text, ending: type === 'module' || mayBeModule ? '.ts' : '.mts', mayBeModule }
}

/** The package that the code of a folder belongs to: of that folder, or of one above. */
export function nearestPackage(directory: string): ProjectPackage {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return readPackage(at)
    if (at === dirname(at)) return readPackage(directory)
  }
}

/** What every project needs; `more` is by the names of packages that ours knows. */
export function manifestOf(
  scripts: Texts,
  more: { readonly dependencies?: readonly string[]; readonly devDependencies?: readonly string[] } = {},
): Manifest {
  const { version, dependencies, devDependencies, peerDependencies } = readOwnPackage()
  const known = { ...devDependencies, ...dependencies, ...peerDependencies }
  const pick = (names: readonly string[]): Texts =>
    Object.fromEntries(names.toSorted().map((name) => [name, known[name] ?? '*']))
  return {
    scripts,
    dependencies: { pawl: `^${version}`, ...pick(['valibot', 'xstate', ...(more.dependencies ?? [])]) },
    devDependencies: pick(['@types/node', 'typescript', ...(more.devDependencies ?? [])]),
  }
}

/** What `npm init` writes where nothing is to be tested: no script of anybody. */
const NO_TEST = 'echo "Error: no test specified" && exit 1'

/** A package.json with what was missing; what is there stays as it is. `added` names it: `scripts.start`, `xstate`. */
export function completePackage(
  { file, text, mayBeModule }: ProjectPackage,
  needed: Manifest,
): { readonly text: string; readonly added: readonly string[] } {
  const before = text === undefined ? { private: true } : parse(file, text)
  const after: Record<string, unknown> = { ...before }
  const added: string[] = []
  if (mayBeModule) {
    after['type'] = 'module'
    added.push('type')
  }
  const fill = (section: keyof Manifest, entries: Texts, isThere: (name: string) => boolean): void => {
    const missing = Object.entries(entries).filter(([name]) => !isThere(name))
    if (missing.length === 0) return
    after[section] = { ...fieldsOf(after[section]), ...Object.fromEntries(missing) }
    added.push(...missing.map(([name]) => (section === 'scripts' ? `scripts.${name}` : name)))
  }
  const scripts = fieldsOf(before['scripts'])
  fill('scripts', needed.scripts, (name) => scripts[name] !== undefined && scripts[name] !== NO_TEST)
  const installed = { ...fieldsOf(before['devDependencies']), ...fieldsOf(before['dependencies']) }
  const isInstalled = (name: string): boolean => installed[name] !== undefined
  fill('dependencies', needed.dependencies, isInstalled)
  fill('devDependencies', needed.devDependencies, isInstalled)
  return { text: `${JSON.stringify(after, undefined, indentOf(text))}\n`, added }
}

/** How a script of ours is run: by its name, where that is not somebody else's. */
export function commandOf(
  script: 'start' | 'test',
  manifest: Manifest,
  { file, text }: ProjectPackage,
): string {
  const own = manifest.scripts[script] ?? ''
  const there = text === undefined ? undefined : fieldsOf(parse(file, text)['scripts'])[script]
  if (there === undefined || there === own || there === NO_TEST) return `npm ${script}`
  return own.startsWith('node ') ? own : `npx ${own}`
}

function parse(file: string, text: string): Fields {
  const wrong = (cause?: unknown): ConfigurationError =>
    new ConfigurationError([{ path: '', message: `${file} is no JSON object` }], {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Correct it first: what the project needs is added there.',
    })
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw wrong(error)
  }
  if (!isFields(value)) throw wrong()
  return value
}

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

const indentOf = (text = ''): string => /^\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? '  '

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Code whose kind is that of its package, somewhere in the project's own folders. */
function hasCode(directory: string): boolean {
  return readdirSync(directory, { withFileTypes: true }).some((entry) => {
    if (entry.isFile()) return /(?<!\.d)\.[jt]sx?$/.test(entry.name)
    const isOwn = entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.')
    return isOwn && hasCode(join(directory, entry.name))
  })
}
