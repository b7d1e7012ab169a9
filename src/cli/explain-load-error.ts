import { ConfigurationError } from '../errors.ts'
import { listWords } from '../text/did-you-mean.ts'
import { ownEntries } from '../own-package.ts'
import { comparable, toPath, usersPlaces } from '../stack-places.ts'
import { reasonOf } from '../text/reason-of.ts'

/** The error of a user's module that did not load: names file and line, and what to do where that is known. */
export function explainLoadError(file: string, error: unknown): ConfigurationError {
  const place = findPlace(file, error)
  // What evm({ … }) and its like say of their options is a mistake in the config as any other.
  if (error instanceof ConfigurationError)
    return new ConfigurationError(error.issues, { cause: error.cause, hint: `in ${place}` })
  if (isOwnPart(error)) {
    const parts = [...ownEntries()].filter(([, path]) => path.endsWith('.js')).map(([name]) => name)
    return new ConfigurationError(
      [{ path: '', message: `${place} imports what there is not in this version of pawl` }],
      { hint: `There are ${listWords(parts)}.` },
    )
  }
  const hint = adviseOn(error)
  const reason = error instanceof Error ? '' : `: ${reasonOf(error)}`
  return new ConfigurationError([{ path: '', message: `${place} could not be loaded${reason}` }], {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** `file:line` of the deepest line of the user's own code that the stack names, else the file. */
function findPlace(file: string, error: unknown): string {
  if (!(error instanceof Error)) return file
  // Node tells the importing file here, and has no frame of it.
  const importer = toPath(/ imported from (.+)$/.exec(error.message)?.[1] ?? '')
  if (importer) return importer
  const [place] = usersPlaces(error)
  return place === undefined ? file : `${place.path}:${place.line}`
}

const missingOf = (error: unknown): string | undefined =>
  error instanceof Error ? /Cannot find (?:module|package) '([^']+)'/.exec(error.message)?.[1] : undefined

/** `pawl/more`, of which Node says only the package, and jiti the file of `pawl` with `/more` behind. */
function isOwnPart(error: unknown): boolean {
  const missing = missingOf(error)
  return [...ownEntries()].some(
    ([name, path]) =>
      missing === name || (missing !== undefined && comparable(missing).startsWith(`${comparable(path)}/`)),
  )
}

function adviseOn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return 'Throw an Error: it tells where it came from.'
  const { code } = error as { readonly code?: unknown }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'Node runs TypeScript by leaving its types out, so enum, namespace and parameter properties do not work: use a constant object, a module, a field. "erasableSyntaxOnly" in tsconfig.json finds them all.'
  if (code === 'ERR_UNSUPPORTED_DIR_IMPORT')
    return 'Node imports files, not folders: write the file, as in "./folder/index.ts".'
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND')
    return adviseOnMissing(missingOf(error) ?? '', code === 'ERR_MODULE_NOT_FOUND')
  if (error instanceof SyntaxError && ES_SYNTAX.test(error.message))
    return 'Node reads it as a CommonJS module, for package.json says so: write "type": "module" there, or name the file .mts (JavaScript: .mjs).'
  if (/does not provide an export named/.test(error.message))
    return 'If it is a type, write "import type { … }": a plain import of it is still there when the code runs.'
  return undefined
}

// What Node says of code that only an ES module may hold.
const ES_SYNTAX =
  /^(?:Cannot use (?:import statement|'import\.meta') outside a module|Unexpected token 'export'|await is only valid in)/

function adviseOnMissing(missing: string, native: boolean): string {
  if (!/^[./]|^file:|^[A-Za-z]:/.test(missing))
    return `Is it installed? npm install ${missing
      .split('/')
      .slice(0, missing.startsWith('@') ? 2 : 1)
      .join('/')}`
  // jiti finds files without their extension; Node does not.
  return native && !/\.[cm]?[jt]s$/.test(missing)
    ? 'Node wants the whole name of a file: write the extension, as in "./prices.ts".'
    : 'There is no such file. The path counts from the importing file.'
}
