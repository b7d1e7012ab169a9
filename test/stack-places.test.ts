import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { placesIn, usersPlaces } from '../src/stack-places.ts'

const places = (stack: string): readonly string[] =>
  placesIn(stack).map(({ path, line }) => `${path}|${line}`)

test('frames of every form are read: functions, async ones, bare paths', () => {
  assert.deepEqual(
    places(`Error: boom (at /not/a/frame)
    at f (file:///a/b.ts:3:4)
    at async /a/c.ts:5:6
    at async Promise.all (index 0)
    at new Thing (/a/d.ts:7:8)
    at Object.<anonymous> (/a/e.ts:9:1)
    at node:internal/main:1:2
    at /a/f.ts:10:1`),
    ['/a/b.ts|3', '/a/c.ts|5', '/a/d.ts|7', '/a/e.ts|9', '/a/f.ts|10'],
  )
})

test('what stands above a stack is read, too', () => {
  assert.deepEqual(places('file:///a/b.ts:3\n  a: 1,,\n       ^\n\nSyntaxError: Unexpected token'), [
    '/a/b.ts|3',
  ])
  assert.deepEqual(places('ParseError: Unexpected token. /a/b.ts:2:6'), ['/a/b.ts|2'])
})

test("Windows' paths are read, with spaces and brackets in them", () => {
  assert.deepEqual(
    places(String.raw`Error: boom
    at f (C:\Program Files (x86)\my app\b.ts:3:4)
    at C:\Users\Ann Lee\c.ts:5:6
    at async D:/a/d.ts:7:8`),
    [String.raw`C:\Program Files (x86)\my app\b.ts|3`, String.raw`C:\Users\Ann Lee\c.ts|5`, 'D:/a/d.ts|7'],
  )
})

test('a folder with spaces, brackets and letters of any language is named as it is', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pawl (x86) ü '))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'throws.mjs')
  await writeFile(file, 'export function boom() {\n  throw new Error("boom")\n}\n')
  const { boom } = (await import(pathToFileURL(file).href)) as { boom(): never }
  try {
    boom()
  } catch (error) {
    assert.deepEqual(usersPlaces(error as Error)[0], { path: file, line: '2' })
  }
})

test("neither ours nor a package's are the user's", () => {
  const own = new URL('../src/pawl.js', import.meta.url).href
  const error = Object.assign(new Error(), {
    stack: `Error: boom
    at f (${own}:3:4)
    at g (file:///home/a/node_modules/x/index.js:1:1)
    at h (${String.raw`C:\a\node_modules\x\index.js`}:1:1)
    at i (file:///home/a/mine.ts:8:1)`,
  })
  assert.deepEqual(usersPlaces(error), [{ path: '/home/a/mine.ts', line: '8' }])
})
