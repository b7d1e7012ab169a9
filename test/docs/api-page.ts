import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exportsOf, type ExportedName } from './read-exports.ts'
import { ROOT } from './read-pages.ts'

interface Entry {
  /** What it is for. */
  readonly about: string
  readonly stability: 'stable' | 'experimental'
  /** Why it is experimental. */
  readonly because?: string
}

/** Each entry of the package; a test fails when there is another. */
export const ENTRIES: Readonly<Record<string, Entry>> = {
  pawl: { about: 'The runtime: config, hooks, commands and events.', stability: 'stable' },
  'pawl/beside': {
    about: 'Hooks and jobs [beside another indexer](beside-other-indexers.md).',
    stability: 'stable',
  },
  'pawl/evm': { about: '[EVM nodes](datasources.md) by JSON-RPC.', stability: 'stable' },
  'pawl/graphile-worker': {
    about: '[Durable firings as jobs](fleet.md#with-graphile-worker) of graphile-worker.',
    stability: 'experimental',
    because: 'the port `Executor` may change',
  },
  'pawl/replay': { about: '[Recordings](datasources.md) of blocks.', stability: 'stable' },
  'pawl/stately': {
    about: 'The hosted [Stately Inspector](stately.md).',
    stability: 'experimental',
    because: 'what it speaks to is a service of others, whose protocol is not a contract',
  },
  'pawl/testing': { about: 'The [testing kit](testing.md).', stability: 'stable' },
  'pawl/tzkt': { about: '[Tezos by TzKT](tzkt.md).', stability: 'stable' },
}

/** The entries of the package, with the names that each exports. */
export function entriesOf(): ReadonlyMap<string, readonly ExportedName[]> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  }
  return new Map(
    Object.entries(exports).flatMap(([key, target]) =>
      typeof target === 'string'
        ? []
        : [
            [
              key.replace('.', 'pawl'),
              exportsOf(target.default.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')),
            ],
          ],
    ),
  )
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** `docs/api.md`. */
export function apiPage(): string {
  const sections = [...entriesOf()].map(([entry, names]) => {
    const { about, stability, because } = ENTRIES[entry] ?? { about: '', stability: 'experimental' }
    return [
      `## \`${entry}\`\n`,
      `${about} **${stability[0]?.toUpperCase()}${stability.slice(1)}**${because === undefined ? '' : `: ${because}`}.\n`,
      '| name | | |',
      '| --- | --- | --- |',
      ...names.map(({ name, kind, summary }) => `| \`${name}\` | ${kind} | ${cell(summary)} |`),
    ].join('\n')
  })
  return `# Every name that can be imported

<!-- Made from the sources by \`npm run docs\`: change it there. -->

All of it, with the first sentence of each docstring; the rest is in your editor. What is in no list here is not for import: \`exports\` in \`package.json\` lets nothing else through.
What stable and experimental mean, and for how long, is in [Contracts](contracts.md).

${sections.join('\n\n')}
`
}
