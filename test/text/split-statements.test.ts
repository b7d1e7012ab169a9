import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import postgres from 'postgres'
import { splitStatements } from '../../src/text/split-statements.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { script, textOf } from './sql-pieces.ts'

const RUNS = Number(process.env['PAWL_RUNS'] ?? 2_000)

test('a script comes apart into the statements that it was made of, each with its line and parameters', () => {
  fc.assert(
    fc.property(script, (generated) => {
      const text = textOf(generated)
      const found = splitStatements(text)
      let offset = generated.lead.length
      const expected = generated.parts.map(({ statement, after }) => {
        const line = text.slice(0, offset).split('\n').length
        offset += statement.text.length + after.length
        return { text: statement.text, line, parameters: statement.parameters }
      })
      assert.deepEqual(
        found.map(({ text, line, parameters }) => ({
          text,
          line,
          parameters: parameters.map(({ number }) => number),
        })),
        expected,
      )
      for (const { text, parameters } of found) {
        for (const { number, start, end } of parameters) assert.equal(text.slice(start, end), `$${number}`)
      }
    }),
    { numRuns: RUNS },
  )
})

test('what a parameter is in a definition is no argument of the script', () => {
  const partsOf = (text: string) =>
    splitStatements(text).map((found) => [found.text, found.parameters.map(({ number }) => number)])
  for (const text of [
    'create function add(int, int) returns int language sql return $1 + $2',
    'create or replace function add(int, int) returns int return case when $1 > 1 then $2 end',
    'prepare x as select $1',
    'prepare x (int) as select $1',
    'create schema s create function f(int) returns int begin atomic select $1; select 2; end',
  ])
    assert.deepEqual(partsOf(`${text}; select $1`), [
      [text, []],
      ['select $1', [1]],
    ])
  // It has no body yet where it has defaults; and names are none.
  assert.deepEqual(partsOf('create table "return" (return int default $1); select 2 as return, $1'), [
    ['create table "return" (return int default $1)', [1]],
    ['select 2 as return, $1', [1]],
  ])
})

test('thousands of dashes behind a string are one comment, and take no longer than other text', () => {
  const dashes = '-'.repeat(10_000)
  const texts = [
    // No part of the string follows, on the same line and over two.
    `insert into t values (\n  E'a' ${dashes} note\n)`,
    `insert into t values (E'a'\n${dashes} note\n ${dashes.replaceAll('-', '- ')} note\n)`,
    // One does.
    `insert into t values (E'a' ${dashes} note\n ${dashes}\n '\\';')`,
  ]
  // What does not end is ended, also within a regular expression.
  const found: unknown = runInNewContext(
    'texts.map((text) => split(text + "; select 1").map(({ text }) => text))',
    { texts, split: splitStatements },
    { timeout: 60_000 },
  )
  assert.deepEqual(
    structuredClone(found),
    texts.map((text) => [text, 'select 1']),
  )
})

test('PostgreSQL takes each for one statement, and finds in the whole script as many, with the same rows', async (t) => {
  const { url } = await createTestDatabase(t)
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  t.after(() => sql.end())
  await sql`create table pieces (a int)`
  // postgres.js keeps one result for all that return no rows.
  const rowsOf = (result: postgres.RowList<postgres.Row[]>): unknown[] =>
    [...result].map((row) => Object.entries(row))
  const undone = async <T>(work: () => Promise<T>): Promise<T> => {
    await sql`begin`
    try {
      return await work()
    } finally {
      await sql`rollback`
    }
  }
  await fc.assert(
    fc.asyncProperty(script, async (generated) => {
      const found = splitStatements(textOf(generated))
      const single = await undone(async () => {
        const results: unknown[] = []
        for (const { text, parameters } of found) {
          const count = Math.max(0, ...parameters.map(({ number }) => number))
          if (count > 0) {
            // Every number up to the last has to be used.
            const all = Array.from({ length: count }, (_, at) => `$${at + 1}::text`).join(', ')
            await sql.unsafe(
              `select * from (select ${all}) as x, lateral (${text}) as y`,
              Array(count).fill('v'),
            )
            continue
          }
          // Not the simple protocol, which would take several.
          results.push(rowsOf(await sql.unsafe(text, [], { simple: false } as never)))
        }
        return results.filter(holdsRows)
      })
      const parts = generated.parts.filter(({ statement }) => statement.parameters.length === 0)
      if (parts.length === 0) return
      const whole = await undone(async () => {
        const results: unknown = await sql.unsafe(textOf({ ...generated, parts }))
        return toResults(results).map(rowsOf).filter(holdsRows)
      })
      assert.deepEqual(single, whole)
    }),
    { numRuns: Math.min(RUNS, 120) },
  )
})

type Results = postgres.RowList<postgres.Row[]>

/** One result comes by itself. */
const toResults = (results: unknown): readonly Results[] =>
  'command' in (results as object) ? [results as Results] : (results as Results[])

const holdsRows = (rows: unknown): boolean => (rows as unknown[]).length > 0
