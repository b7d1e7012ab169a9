import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createTestDatabase } from '../support/test-database.ts'
import { createFolder, linkDependencies, runCli, startCli } from './cli-process.ts'
import { DIPDUP_EXAMPLE } from './dipdup-example.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

/** What the compiler of this repository says of a folder where this package is installed, and what its package.json asks for. */
function compile(folder: string): Promise<string[]> {
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules', 'pawl'))
  for (const name of ['@types/node', 'valibot', 'viem', 'xstate'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  return new Promise((resolve) =>
    execFile(process.execPath, [TSC, '-p', folder], { cwd: folder }, (_error, out) =>
      resolve(out.split('\n').filter((line) => line !== '')),
    ),
  )
}

const TYPES = `hooks:
  all:
    callback: stats.daily.all
    args:
      a: bool
      b: decimal.Decimal
      c: datetime.datetime
      d: Optional[int] = None
      e: list[str]
      f: dict[str, bytes]
      g: demo.models.Side
      h: bigint
  none: {}
  weird-name: { callback: weird_name, args: { new: int, if: str } }
  again: { callback: none }
`

describe('pawl init', { concurrency: 2 }, () => {
  test('writes stubs that compile under strict, and all that belongs to them', async (t) => {
    const folder = createFolder(t, { 'pawl.yaml': TYPES })
    const { code, out, err } = await runCli(t, folder, ['init'])
    assert.equal(err, '')
    assert.equal(code, 0)
    const names = ['none', 'weird_name', 'on_restart', 'on_reindex', 'on_synchronized', 'on_index_rollback']
    assert.deepEqual(out.split('\n').slice(0, -4), [
      'made    package.json',
      'made    hooks/stats/daily/all.ts',
      ...names.map((name) => `made    hooks/${name}.ts`),
      'made    sql/stats/daily/all/.keep',
      ...names.map((name) => `made    sql/${name}/.keep`),
      'made    pawl-env.d.ts',
      'made    tsconfig.json',
      'made    .gitignore',
    ])
    assert.match(out, /^18 files written beside pawl.yaml, 0 kept as they were$/m)
    assert.match(out, /^next: npm install && npx pawl config check && npx pawl run\n$/m)
    assert.match(
      out,
      /warning: pawl.yaml:11:10: hooks.all.args.g: Pawl does not know the type demo.models.Side/,
    )
    assert.deepEqual(await compile(folder), [])
    assert.equal((await runCli(t, folder, ['config', 'check'])).code, 0)
  })

  test('makes names and arguments known to the compiler', async (t) => {
    const folder = createFolder(t, { 'pawl.yaml': TYPES })
    await runCli(t, folder, ['init'])
    writeFileSync(
      join(folder, 'hooks', 'use.ts'),
      `import type { HookCallback } from 'pawl'
export const all: HookCallback<'all'> = async (ctx, { a, b, c, d, e, f, g, h }) => {
  const _: [boolean, string, Date, number | null, readonly string[], Uint8Array | undefined, unknown, bigint] =
    [a, b, c, d, e, f['x'], g, h]
  await ctx.fireHook('none')
  await ctx.fireHook('all', { a, b: 1n, c: '2026-01-01', e, f: { x: '0x00' }, h: 1 })
  // @ts-expect-error
  await ctx.fireHook('nobody')
  // @ts-expect-error
  await ctx.fireHook('all')
  // @ts-expect-error
  await ctx.fireHook('all', { a: 1, b: 1n, c: '2026-01-01', e, f, h })
  // @ts-expect-error
  await ctx.fireHook('none', { a: 1 })
  // @ts-expect-error
  const wrong: string = a
}
// @ts-expect-error
export const nobody: HookCallback<'nobody'> = () => {}
`,
    )
    assert.deepEqual(await compile(folder), [])
  })

  test('begins a project that goes on with its chain at each start', { timeout: 120_000 }, async (t) => {
    const folder = createFolder(t, {})
    linkDependencies(folder)
    const { url } = await createTestDatabase(t)
    assert.equal((await runCli(t, folder, ['init', '--yes'])).code, 0)
    // As after so many steps, the last of which took blocks off.
    for (const steps of [0, 7, 20]) {
      if (steps > 0) writeFileSync(join(folder, '.chain'), String(steps))
      const run = startCli(t, folder, ['run'], { DATABASE_URL: url })
      await run.prints(/● synchronized/)
      run.kill('SIGTERM')
      assert.equal((await run.ended).code, 143)
      const sql = postgres(url, { max: 1 })
      const [row] = await sql`select level::int from pawl.index`
      await sql.end()
      // 100 blocks at first; a step adds one, however many it takes off.
      assert.ok(row?.['level'] >= 99 + steps, `${row?.['level']} after ${steps} steps`)
    }
  })

  test('writes nothing over what is there', async (t) => {
    const files = {
      'dipdup.yaml': DIPDUP_EXAMPLE,
      'hooks/calculate_stats.mjs': '// mine',
      'sql/calculate_stats.sql': '-- mine',
      'sql/on_restart/1.sql': '-- mine',
      'pawl-env.d.ts': '// mine',
      'tsconfig.json': '{}',
      '.gitignore': 'node_modules',
    }
    const folder = createFolder(t, files)
    const { code, out } = await runCli(t, folder, ['init'])
    assert.equal(code, 0)
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(join(folder, name), 'utf8'), text)
    assert.match(out, /^kept {4}hooks\/calculate_stats.mjs$/m)
    assert.match(out, /^kept {4}sql\/calculate_stats.sql$/m)
    const again = await runCli(t, folder, ['init'])
    assert.match(again.out, /^0 files written beside dipdup.yaml, 14 kept as they were$/m)
  })

  test('renews the types that it wrote; until then they are told to be old', async (t) => {
    const folder = createFolder(t, { 'pawl.yaml': 'hooks: { a: {} }' })
    await runCli(t, folder, ['init'])
    writeFileSync(join(folder, 'pawl.yaml'), 'hooks: { a: { args: { b: int } } }')
    const old = await runCli(t, folder, ['config', 'check'])
    assert.match(
      old.out,
      /warning: pawl-env.d.ts tells the compiler of other hooks than pawl.yaml: run "pawl init"/,
    )
    assert.match((await runCli(t, folder, ['init'])).out, /^renewed pawl-env.d.ts$/m)
    assert.doesNotMatch((await runCli(t, folder, ['config', 'check'])).out, /warning/)
  })

  test('begins a project with a pawl.yaml where that is wanted', async (t) => {
    const folder = createFolder(t, {})
    const { code, out } = await runCli(t, folder, ['init', '--yaml'])
    assert.equal(code, 0)
    assert.match(out, /^made {4}pawl.yaml\nmade {4}package.json\nmade {4}hooks\/hello.ts\n/)
    assert.match((await runCli(t, folder, ['config', 'check'])).out, /0 indexes, 1 hook, 1 job\n$/)
    assert.deepEqual(await compile(folder), [])
  })

  test('begins a project on a node', async (t) => {
    const folder = createFolder(t, {})
    const token = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const args = ['init', '--rpc', 'https://node.example', '--contract', token]
    assert.equal((await runCli(t, folder, args)).code, 0)
    const config = readFileSync(join(folder, 'pawl.config.ts'), 'utf8')
    assert.ok(config.includes('"https://node.example"') && config.includes(token))
  })

  test('adds to a package.json what is missing, and leaves what is there', async (t) => {
    const before = {
      name: 'mine',
      scripts: { start: 'node server.js', test: 'echo "Error: no test specified" && exit 1' },
      dependencies: { pawl: 'file:../pawl' },
      devDependencies: { viem: '2.0.0' },
    }
    const folder = createFolder(t, { 'package.json': JSON.stringify(before, undefined, '\t') })
    const { code, out } = await runCli(t, folder, ['init', '--yes'])
    assert.equal(code, 0)
    assert.match(
      out,
      /^added {3}to package.json: type, scripts.test, scripts.check, valibot, xstate, @types\/node, jiti, typescript$/m,
    )
    // `npm start` is theirs.
    assert.match(out, /^next: npm install && npm test && npx pawl run$/m)
    const text = readFileSync(join(folder, 'package.json'), 'utf8')
    assert.match(text, /^\{\n\t"name": "mine",\n/)
    const after = JSON.parse(text) as typeof before & { readonly type: string }
    assert.deepEqual(
      [after.type, after.scripts.start, after.dependencies.pawl, after.devDependencies.viem],
      ['module', 'node server.js', 'file:../pawl', '2.0.0'],
    )
    assert.equal('viem' in after.dependencies, false)
    assert.deepEqual(await compile(folder), [])
  })

  for (const [what, files, args] of [
    ['says that it is one', { 'package.json': '{ "type": "commonjs" }' }, ['init', '--yes']],
    ['says nothing, and has code', { 'package.json': '{}', 'src/server.js': '' }, ['init', '--yes']],
    ['says that it is one, by YAML', { 'package.json': '{ "type": "commonjs" }' }, ['init', '--yaml']],
  ] as const) {
    test(`in a package of CommonJS that ${what}, its code is .mts`, async (t) => {
      const folder = createFolder(t, files)
      const { code, out } = await runCli(t, folder, args)
      assert.equal(code, 0)
      assert.match(out, args[1] === '--yaml' ? /^made {4}hooks\/hello.mts$/m : /^made {4}pawl.config.mts$/m)
      assert.doesNotMatch(out, /\w(?<!\.d)\.ts$|warning/m)
      assert.doesNotMatch(readFileSync(join(folder, 'package.json'), 'utf8'), /"module"/)
      assert.deepEqual(await compile(folder), [])
      assert.equal((await runCli(t, folder, ['config', 'check'])).code, 0)
    })
  }

  test('code of theirs that is no ES module yet is told, and a package.json of a folder above stays', async (t) => {
    const above = '{ "type": "commonjs", "dependencies": { "xstate": "5" } }'
    const folder = createFolder(t, {
      'package.json': above,
      'indexer/pawl.yaml': 'hooks: { a: {} }',
      'indexer/hooks/a.ts': 'export const a = () => {}',
    })
    const { code, out } = await runCli(t, join(folder, 'indexer'), ['init'])
    assert.equal(code, 0)
    assert.equal(readFileSync(join(folder, 'package.json'), 'utf8'), above)
    assert.match(out, /^kept {4}\.\.\/package.json$/m)
    assert.match(
      out,
      /^warning: \.\.\/package.json: write "type": "module" there, for hooks\/a.ts is an ES module; or name it .mts$/m,
    )
    assert.match(
      out,
      /^warning: \.\.\/package.json is of a folder above, and lacks pawl, valibot, @types\/node, typescript: npm install pawl valibot @types\/node typescript$/m,
    )
  })

  test('begins nothing in a package.json that cannot be read', async (t) => {
    for (const text of ['{ "name": ', '[]']) {
      const { code, out, err } = await runCli(t, createFolder(t, { 'package.json': text }), ['init', '--yes'])
      assert.deepEqual({ code, out }, { code: 2, out: '' })
      assert.match(err, /^error: <folder>\/package.json is no JSON object$/m)
    }
  })

  test('refuses flags that would be passed over', async (t) => {
    const token = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const begun = createFolder(t, { 'pawl.yaml': 'hooks: {}' })
    const empty = createFolder(t, {})
    for (const [folder, args, told] of [
      [begun, ['--rpc', 'http://a'], '--rpc: the project is begun already, with pawl.yaml'],
      [begun, ['--yaml'], '--yaml: the project is begun already, with pawl.yaml'],
      [empty, ['--yaml', '--rpc', 'http://a'], '--rpc: not with --yaml, which begins without an index'],
      [empty, ['--yes', '--contract', token], '--contract: name the node of its chain, too: --rpc <url>'],
      [empty, ['--rcp', 'http://a'], "unknown option '--rcp'"],
      [empty, ['here'], "too many arguments for 'init'"],
    ] as const) {
      const { code, out, err } = await runCli(t, folder, ['init', ...args])
      assert.deepEqual({ code, out }, { code: 2, out: '' })
      assert.ok(err.startsWith(`error: ${told}`), err)
    }
  })

  test('begins nothing on what is no node or no address', async (t) => {
    const folder = createFolder(t, {})
    const { code, out, err } = await runCli(t, folder, ['init', '--rpc', 'node', '--contract', "'; drop"])
    assert.deepEqual({ code, out }, { code: 2, out: '' })
    assert.match(err, /--rpc: expected the URL of a node/)
    assert.match(err, /--contract: expected an address/)
  })

  test('writes nothing for a config with mistakes', async (t) => {
    const folder = createFolder(t, { 'pawl.yaml': 'hooks: { a: { args: { b: boool } } }' })
    const { code, out, err } = await runCli(t, folder, ['init'])
    assert.deepEqual({ code, out }, { code: 2, out: '' })
    assert.match(err, /pawl.yaml:1:26: hooks.a.args.b: there is no type "boool" – did you mean "bool"\?/)
  })

  test('begins the stubs where variables of the config are not set yet, and names those', async (t) => {
    const folder = createFolder(t, {
      'pawl.yaml': `hooks: { a: { args: { b: int } } }
jobs: { often: { hook: a, interval: 60, args: { b: "\${PAWL_TEST_UNSET}" } } }
database: { kind: postgres, host: "\${PAWL_TEST_UNSET}", password: "\${PAWL_TEST_EMPTY}" }
`,
    })
    const { code, out, err } = await runCli(t, folder, ['init'], { PAWL_TEST_EMPTY: '' })
    assert.deepEqual({ code, err }, { code: 0, err: '' })
    assert.match(out, /^made {4}hooks\/a.ts$/m)
    const told = 'the environment variable PAWL_TEST_UNSET is not set'
    assert.ok(out.includes(`warning: pawl.yaml:2:52: jobs.often.args.b: ${told}`), out)
    assert.ok(out.includes(`warning: pawl.yaml:3:35: database.host: ${told}`), out)
    assert.match(out, /^warning: pawl.yaml:3:\d+: database.password: .* PAWL_TEST_EMPTY is empty/m)
    // To run it they are needed.
    assert.equal((await runCli(t, folder, ['config', 'check'])).code, 2)
  })

  test('needs the variables that stubs are made of', async (t) => {
    const folder = createFolder(t, { 'pawl.yaml': 'hooks: { a: { callback: "${PAWL_TEST_UNSET}" } }' })
    const { code, out, err } = await runCli(t, folder, ['init'])
    assert.deepEqual({ code, out }, { code: 2, out: '' })
    assert.match(err, /hooks.a.callback: the environment variable PAWL_TEST_UNSET is not set/)
  })

  test('has nothing to do for a config that is code', async (t) => {
    const { code, out } = await runCli(t, createFolder(t, { 'pawl.config.ts': 'throw 1' }), ['init'])
    assert.equal(code, 0)
    assert.match(out, /^pawl.config.ts is code/)
  })
})
