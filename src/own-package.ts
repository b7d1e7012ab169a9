import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface PackageJson {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** From dist/src/, in the repository; in an installed package all code is there. */
export const PACKAGE_ROOT = new URL('../../', import.meta.url)

/** What this copy says of itself. */
export const readOwnPackage = (): PackageJson =>
  // Our own file, published with this code.
  JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as PackageJson

export const ownVersion = (): string => readOwnPackage().version

/** What each import of us is in this copy: `pawl` and `pawl/evm` with the path of their file. */
export function ownEntries(): ReadonlyMap<string, string> {
  const { name, exports } = readOwnPackage()
  return new Map(
    Object.entries(exports).map(([key, target]) => [
      key.replace('.', name),
      fileURLToPath(new URL(typeof target === 'string' ? target : target.default, PACKAGE_ROOT)),
    ]),
  )
}
