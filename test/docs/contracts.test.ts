import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { MIGRATIONS } from '../../src/database/migrate.ts'
import { openTestDatabase } from '../support/test-database.ts'
import { ROOT } from './read-pages.ts'

test('docs/contracts.md has every table of ours, and the columns that it promises are there', async (t) => {
  const page = await readFile(join(ROOT, 'docs', 'contracts.md'), 'utf8')
  const { sql, ownSchema } = await openTestDatabase(t)
  const columns = await sql<{ table: string; columns: string[] }[]>`
    select table_name::text as table, array_agg(column_name::text) as columns
    from information_schema.columns where table_schema = ${ownSchema} group by 1 order by 1`
  const there = new Map(columns.map(({ table, columns: names }) => [table, new Set(names)]))
  const [, section = ''] = page.split('## Tables that may be read')
  const promised = [...section.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$/gm)].map(
    ([, table = '', names = '']) =>
      [table, [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)] as const,
  )
  const [internal = ''] = /^Internal, .*$/m.exec(section) ?? []
  const others = [...(internal.split(': ')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
  assert.deepEqual([...promised.map(([table]) => table), ...others].toSorted(), [...there.keys()])
  assert.deepEqual(
    promised.flatMap(([table, names]) =>
      names.filter((name) => there.get(table)?.has(name) !== true).map((name) => `${table}.${name}`),
    ),
    [],
  )
  const [, layout] = /it is (\d+)\./.exec(page) ?? []
  assert.equal(Number(layout), MIGRATIONS.at(-1)?.id)
})
