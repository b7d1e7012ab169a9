import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { dependenciesPage, shippedDependencies } from './dependencies-page.ts'
import { ROOT } from './read-pages.ts'

test('docs/dependencies.md is what package.json says (npm run docs)', async () => {
  assert.equal(await readFile(join(ROOT, 'docs', 'dependencies.md'), 'utf8'), dependenciesPage())
})

test('each dependency has a licence and a reason', () => {
  const rows = dependenciesPage().match(/^\| `.*$/gm) ?? []
  assert.equal(rows.length, Object.values(shippedDependencies()).flat().length)
  for (const row of rows) assert.match(row, /^\| `[^`]+` \| [^|]+ \| (?!undefined)[\w.-]+ \| \w+ \| \S.* \|$/)
})
