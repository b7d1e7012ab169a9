import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { cliPage } from './cli-page.ts'

test('docs/cli.md says what the commands say (npm run docs)', async () => {
  const page = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8')
  assert.equal(page, cliPage())
})

test('no line of it is wider than a terminal', () => {
  const blocks = [...cliPage().matchAll(/```text\n(.*?)```/gs)].flatMap(([, text = '']) => text.split('\n'))
  assert.ok(blocks.length > 100)
  for (const line of blocks) assert.ok(line.length <= 120, line)
})

test('every command has an example', () => {
  const sections = cliPage().split('\n## ').slice(1)
  for (const section of sections) assert.match(section, /Examples?:\n {2}\$ pawl /, section.split('\n')[0])
})
