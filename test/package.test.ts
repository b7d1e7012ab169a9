import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
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
    await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: ROOT })
    const [tarball] = await readdir(project).then((files) => files.filter((file) => file.endsWith('.tgz')))
    await run('tar', ['-xzf', tarball ?? '', '-C', modules], { cwd: project })
    await cp(join(modules, 'package'), installed, { recursive: true })
    manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest
    // What npm would install, and nothing else: a dependency that is used but not declared is not found.
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies, '@types/node': '' }
    for (const name of Object.keys(declared)) await link(name, modules)
  })

  after(() => rm(project, { recursive: true, force: true }))

  test('holds the built library, its charts and its papers, and no tests', async () => {
    const files = await readdir(installed, { recursive: true })
    for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md', join('diagrams', 'indexer.mmd')]) {
      assert.ok(files.includes(file), `${file} is missing`)
    }
    assert.deepEqual(
      files.filter((file) => /test\.|^(src|test|examples|bench)\b|dist.(test|examples|bench)\b/.test(file)),
      [],
    )
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
    const loaded = `for (const [name, module] of Object.entries(all)) console.log(name, Object.keys(module).length > 0)`
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

  test("the README's TypeScript compiles strictly, as ESM and beside CJS", async () => {
    const readme = await readFile(join(installed, 'README.md'), 'utf8')
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
    assert.ok(blocks.length > 0)
    const names = blocks.map((_, number) => `readme-${number}.mts`)
    for (const [number, name] of names.entries()) await writeFile(join(project, name), blocks[number] ?? '')
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
        },
        files: [...names, 'misuse.cts'],
      }),
    )
    const require = createRequire(import.meta.url)
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
    await assert.doesNotReject(run(process.execPath, [tsc, '-p', project]).catch(printed))
  })
})

async function link(name: string, modules: string): Promise<void> {
  await mkdir(dirname(join(modules, name)), { recursive: true })
  await symlink(join(ROOT, 'node_modules', name), join(modules, name), 'junction')
}

/** The compiler tells its errors on its output; the exit code alone helps nobody. */
function printed(error: unknown): never {
  throw new Error((error as { stdout?: string }).stdout, { cause: error })
}
