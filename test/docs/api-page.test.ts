import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { apiPage, ENTRIES, entriesOf } from './api-page.ts'
import { ROOT } from './read-pages.ts'

test('docs/api.md is what the entries export (npm run docs)', async () => {
  assert.equal(await readFile(join(ROOT, 'docs', 'api.md'), 'utf8'), apiPage())
})

test('every entry says what it is for, and whether it is stable', () => {
  assert.deepEqual([...entriesOf().keys()], Object.keys(ENTRIES))
})

for (const [entry, names] of entriesOf()) {
  test(`${entry}: the page has what can be imported, and each name says what it promises`, async () => {
    const module = (await import(entry)) as object
    const values = names.filter(({ kind }) => kind !== 'type').map(({ name }) => name)
    assert.deepEqual(values.toSorted(), Object.keys(module).toSorted())
    assert.deepEqual(
      names.filter(({ summary }) => summary === '').map(({ name, file }) => `${name} in ${file}`),
      [],
    )
  })
}
