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
  symlinkSync(join(ROOT, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'))
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
      'made    hooks/stats/daily/all.ts',
      ...names.map((name) => `made    hooks/${name}.ts`),
      'made    sql/stats/daily/all/.keep',
      ...names.map((name) => `made    sql/${name}/.keep`),
      'made    pawl-env.d.ts',
      'made    tsconfig.json',
      'made    package.json',
    ])
    assert.match(out, /^17 files written beside pawl.yaml, 0 kept as they were$/m)
    assert.match(out, /^next: npm install, then npx pawl config check, then npx pawl run\n$/m)
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
      'package.json': '{ "name": "mine" }',
    }
    const folder = createFolder(t, files)
    const { code, out } = await runCli(t, folder, ['init'])
    assert.equal(code, 0)
    for (const [name, text] of Object.entries(files))
      assert.equal(readFileSync(join(folder, name), 'utf8'), text)
    assert.match(out, /^kept {4}hooks\/calculate_stats.mjs$/m)
    assert.match(out, /^kept {4}sql\/calculate_stats.sql$/m)
    assert.match(out, /^warning: package.json: write "type": "module" there/m)
    const again = await runCli(t, folder, ['init'])
    assert.match(again.out, /^0 files written beside dipdup.yaml, 13 kept as they were$/m)
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
    assert.match(out, /^made {4}pawl.yaml\nmade {4}hooks\/hello.ts\n/)
    assert.match((await runCli(t, folder, ['config', 'check'])).out, /0 indexes, 1 hook, 1 job\n$/)
    assert.deepEqual(await compile(folder), [])
  })

  test('begins a project on a node, and keeps what is there', async (t) => {
    const folder = createFolder(t, { 'package.json': '{ "name": "mine" }' })
    const token = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const args = ['init', '--rpc', 'https://node.example', '--contract', token]
    const { code, out } = await runCli(t, folder, args)
    assert.equal(code, 0)
    assert.match(out, /^kept {4}package.json$/m)
    assert.match(out, /^warning: package.json was there/m)
    const config = readFileSync(join(folder, 'pawl.config.ts'), 'utf8')
    assert.ok(config.includes('"https://node.example"') && config.includes(token))
    assert.equal(readFileSync(join(folder, 'package.json'), 'utf8'), '{ "name": "mine" }')
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

  test('has nothing to do for a config that is code', async (t) => {
    const { code, out } = await runCli(t, createFolder(t, { 'pawl.config.ts': 'throw 1' }), ['init'])
    assert.equal(code, 0)
    assert.match(out, /^pawl.config.ts is code/)
  })
})
