// Assembles dist/package/, which is what users install: the library in some dozen files instead of five hundred, as loading those
// is half of a start. Types stay a file a module.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const TARGET = join('dist', 'package')
const LIBRARY = join('dist', 'src')

const {
  scripts: _,
  devDependencies: __,
  workspaces: ___,
  private: ____,
  ...manifest
} = JSON.parse(readFileSync('package.json', 'utf8'))
const entries = [...Object.values(manifest.exports), ...Object.values(manifest.bin)]
  .map((entry) => entry.default ?? entry)
  .filter((file) => file.endsWith('.js'))

export async function assemblePackage() {
  await build({
    entryPoints: entries,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    outbase: LIBRARY,
    outdir: join(TARGET, LIBRARY),
    logLevel: 'warning',
  })
  const isType = (path) => !path.endsWith('diagrams') && (!/\.[a-z]+$/.test(path) || path.endsWith('.d.ts'))
  for (const folder of [LIBRARY, join('dist', 'machines')])
    cpSync(folder, join(TARGET, folder), { recursive: true, filter: isType })
  const page = join(LIBRARY, 'inspector', 'page')
  cpSync(page, join(TARGET, page), { recursive: true, filter: (path) => !path.endsWith('.map') })
  mkdirSync(join(TARGET, 'docs'))
  for (const file of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'diagrams',
    join('docs', 'grafana-dashboard.json'),
  ])
    cpSync(file, join(TARGET, file), { recursive: true })
  benchmarkIt()
  writeFileSync(join(TARGET, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** What is measured is what users have: in the folder of the benchmarks `pawl` is that package, and not this repository. */
function benchmarkIt() {
  const folder = join('dist', 'bench')
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve(TARGET), join(folder, 'node_modules', 'pawl'), 'junction')
}
