import * as nodeModule from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { ownEntries } from '../own-package.ts'

export type ModuleLoader = 'native' | 'jiti'

/**
 * Which loader runs a user's TypeScript: Node's own where it has one, else jiti. Decided before anything runs: trying one
 * and then the other would run a module that throws twice.
 *
 * @param typescript `process.features.typescript`: `'strip'` or `'transform'` where Node runs TypeScript itself.
 */
export const chooseLoader = (typescript: unknown): ModuleLoader =>
  typescript === 'strip' || typescript === 'transform' ? 'native' : 'jiti'

// Not in the types of Node 20.
const { typescript } = process.features as { readonly typescript?: unknown }

/**
 * Runs a user's module, TypeScript or JavaScript, and returns its exports. What it imports from `pawl` is this copy,
 * wherever the file is and whatever is installed beside it.
 * @throws whatever the module throws.
 */
export async function loadUserModule(
  file: string,
  loader: ModuleLoader = chooseLoader(typescript),
): Promise<Readonly<Record<string, unknown>>> {
  return loader === 'native' ? loadNatively(file) : loadByJiti(file)
}

let jiti: Promise<Jiti> | undefined

async function loadByJiti(file: string): Promise<Record<string, unknown>> {
  // One for all, so that what two modules import is the same module.
  jiti ??= startJiti()
  return (await jiti).import<Record<string, unknown>>(file)
}

async function startJiti(): Promise<Jiti> {
  const { createJiti } = await import('jiti')
  return createJiti(import.meta.url, {
    alias: Object.fromEntries(ownEntries()),
    // A cache in the user's folders would have to be explained.
    fsCache: false,
    interopDefault: false,
    tryNative: false,
  })
}

type Resolve = (
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => object,
) => object

interface ResolveContext {
  /** `require` among them, or `import`. */
  readonly conditions: readonly string[]
}

// Node 22.15 and newer, so every Node that runs TypeScript by itself without a flag.
const { registerHooks } = nodeModule as unknown as {
  readonly registerHooks?: (hooks: { readonly resolve: Resolve }) => { deregister(): void }
}

let registered = false

async function loadNatively(file: string): Promise<Record<string, unknown>> {
  if (!registered) registerOwnEntries()
  registered = true
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>
}

/** Stays registered: a hook may import later, when it runs. */
function registerOwnEntries(): void {
  const entries = ownEntries()
  registerHooks?.({
    resolve(specifier, context, next) {
      const own = entries.get(specifier)
      if (own === undefined) return next(specifier, context)
      // `require` takes a URL for the name of a package, and `import` the path of a drive (C:\…) for a URL.
      return next(context.conditions.includes('require') ? own : pathToFileURL(own).href, context)
    },
  })
}
