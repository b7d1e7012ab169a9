import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { explainLoadError } from '../../src/cli/explain-load-error.ts'
import { loadConfig } from '../../src/cli/load-config.ts'
import { chooseLoader, loadUserModule } from '../../src/cli/load-user-module.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { createFolder } from './cli-process.ts'

const { typescript } = process.features as { readonly typescript?: unknown }

test('Node runs TypeScript where it can, jiti elsewhere', () => {
  // 20 and 22.6 without a flag; 22.18 and newer; with --experimental-transform-types.
  assert.equal(chooseLoader(undefined), 'jiti')
  assert.equal(chooseLoader(false), 'jiti')
  assert.equal(chooseLoader('strip'), 'native')
  assert.equal(chooseLoader('transform'), 'native')
})

for (const name of ['config.ts', 'config.mts', 'config.js', 'config.mjs']) {
  test(`${name} imports this copy of pawl, from a folder where none is installed`, async (t) => {
    const folder = createFolder(t, {
      'package.json': '{ "type": "module" }',
      [name]: "import { ConfigurationError } from 'pawl'\nexport default { error: ConfigurationError }\n",
    })
    const exported = await loadUserModule(join(folder, name))
    assert.equal((exported['default'] as { error: unknown }).error, ConfigurationError)
  })
}

// jiti makes a copy of its own of what CommonJS requires.
const natively = { skip: chooseLoader(typescript) === 'jiti' && 'this Node runs no TypeScript by itself' }

test('code of CommonJS gets this copy of pawl, too, by require', natively, async (t) => {
  const folder = createFolder(t, {
    'package.json': '{ "type": "module" }',
    'config.cjs': "module.exports = { error: require('pawl').ConfigurationError }\n",
    'config.ts': "import own from './config.cjs'\nexport default own\n",
  })
  for (const name of ['config.cjs', 'config.ts']) {
    const exported = await loadUserModule(join(folder, name))
    assert.equal((exported['default'] as { error: unknown }).error, ConfigurationError, name)
  }
})

test('a module that throws runs once', async (t) => {
  const counter = globalThis as { pawlTestRuns?: number }
  const folder = createFolder(t, {
    'config.ts':
      'const g = globalThis as { pawlTestRuns?: number }\ng.pawlTestRuns = (g.pawlTestRuns ?? 0) + 1\nthrow new Error()',
  })
  await assert.rejects(loadUserModule(join(folder, 'config.ts')))
  assert.equal(counter.pawlTestRuns, 1)
})

test('a config may be the export named config, and works in its own folder', async (t) => {
  const folder = createFolder(t, { 'pawl.config.ts': 'export const config = { jobs: {} }' })
  const { file, config } = await loadConfig(undefined, folder)
  assert.deepEqual([file, config.directory], [join(folder, 'pawl.config.ts'), folder])
})

async function explain(folder: string, name: string): Promise<ConfigurationError> {
  const file = join(folder, name)
  const error = await loadUserModule(file).then(
    () => assert.fail(`${name} loaded`),
    (thrown: unknown) => thrown,
  )
  const explained = explainLoadError(file, error)
  assert.equal(explained.cause, error)
  return explained
}

test('what a module threw names its own file and line', async (t) => {
  const folder = createFolder(t, {
    'package.json': '{ "type": "module" }',
    'throws.ts': 'interface A {\n  a: 1\n}\nfunction boom(): never {\n  throw new Error()\n}\nboom()\n',
    'value.ts': 'throw 3',
    'syntax.ts': 'export default {\n  a: 1,,\n}',
  })
  assert.match((await explain(folder, 'throws.ts')).message, /throws\.ts:5 could not be loaded$/)
  assert.match((await explain(folder, 'syntax.ts')).message, /syntax\.ts:2 could not be loaded$/)
  const value = await explain(folder, 'value.ts')
  assert.match(value.message, /value\.ts could not be loaded: 3 was thrown$/)
  assert.equal(value.hint, 'Throw an Error: it tells where it came from.')
})

test('a missing import says what to do', async (t) => {
  const folder = createFolder(t, {
    'package.json': '{ "type": "module" }',
    'package.ts': "import '@not/there/deep'",
    'file.ts': "import './not-there.ts'",
  })
  assert.equal((await explain(folder, 'package.ts')).hint, 'Is it installed? npm install @not/there')
  assert.equal(
    (await explain(folder, 'file.ts')).hint,
    'There is no such file. The path counts from the importing file.',
  )
})

test('what only Node itself cannot run gets advice', async (t) => {
  const folder = createFolder(t, {
    'package.json': '{ "type": "module" }',
    'enum.ts': 'enum Kind { mint }\nexport default { kind: Kind.mint }\n',
    'commonjs/package.json': '{ "type": "commonjs" }',
    'commonjs/config.ts': "import { price } from '../price.ts'\nexport default price\n",
    'extension.ts': "import { price } from './price'\nexport default price\n",
    'price.ts': 'export const price: number = 3\n',
  })
  if (chooseLoader(typescript) === 'jiti') {
    await loadUserModule(join(folder, 'enum.ts'))
    await loadUserModule(join(folder, 'extension.ts'))
    await loadUserModule(join(folder, 'commonjs', 'config.ts'))
    return
  }
  assert.match(
    (await explain(folder, 'enum.ts')).hint ?? '',
    /^Node runs TypeScript by leaving its types out/,
  )
  assert.match((await explain(folder, 'extension.ts')).hint ?? '', /write the extension/)
  assert.match((await explain(folder, 'commonjs/config.ts')).hint ?? '', /"type": "module"/)
})

test("Node's own errors get the same advice on every Node", () => {
  const advice = (code: string, message: string): string | undefined =>
    explainLoadError('/a/config.ts', Object.assign(new Error(message), { code })).hint
  assert.match(
    advice('ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'TypeScript enum is not supported') ?? '',
    /erasableSyntaxOnly/,
  )
  const missing = "Cannot find module '/a/price' imported from /a/config.ts"
  assert.match(advice('ERR_MODULE_NOT_FOUND', missing) ?? '', /write the extension/)
  assert.match(advice('ERR_UNSUPPORTED_DIR_IMPORT', "Directory import '/a/b'") ?? '', /files, not folders/)
  assert.match(
    advice('', "The requested module './a.ts' does not provide an export named 'A'") ?? '',
    /import type/,
  )
  for (const message of [
    'Cannot use import statement outside a module',
    "Unexpected token 'export'",
    "Cannot use 'import.meta' outside a module",
    'await is only valid in async functions and the top level bodies of modules',
  ])
    assert.match(explainLoadError('/a/c.ts', new SyntaxError(message)).hint ?? '', /or name the file \.mts/)
  assert.match(
    explainLoadError('/a/c.ts', Object.assign(new Error(missing), { code: 'ERR_MODULE_NOT_FOUND' })).message,
    /^\/a\/config\.ts could not/,
  )
})
