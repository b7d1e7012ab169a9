import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadConfig } from '../../src/cli/load-config.ts'
import { exampleRecording } from './record-transfers.ts'
import { ROOT } from './running-example.ts'

const FOLDER = join(ROOT, 'examples')
// Those beside other indexers need packages of their own, and are run by `npm run try` in their folders.
const names = readdirSync(FOLDER).filter(
  (name) => existsSync(join(FOLDER, name, 'pawl.config.ts')) && !name.startsWith('beside-'),
)
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8')

describe('the examples', () => {
  test('are there', () => assert.equal(names.length, 8))

  for (const name of names) {
    test(`${name}: the README runs it, and is found from the first page`, () => {
      const readme = read('examples', name, 'README.md')
      assert.match(readme, new RegExp(`^npx pawl run --config examples/${name}/pawl.config.ts$`, 'm'))
      assert.ok(read('README.md').includes(`(examples/${name}/)`))
    })
  }

  test('they can be run on a node', async () => {
    process.env['RPC_URL'] = 'http://127.0.0.1:8545'
    for (const name of names.filter((name) => name !== 'tezos-token')) {
      const { config } = await loadConfig(join('examples', name, 'pawl.config.ts'), ROOT)
      assert.equal(config.indexes?.['transfers']?.datasource.description, 'evm http://127.0.0.1:8545')
    }
  })

  // After a change: write what `exampleRecording` returns into the file.
  test('their recording is the one that the tests make', () => {
    assert.equal(read('examples', 'transfers.ndjson'), exampleRecording())
  })
})
