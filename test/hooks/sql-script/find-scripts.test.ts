import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { SqlScriptError } from 'pawl'
import { findScripts, lookForScripts } from '../../../src/hooks/sql-script/find-scripts.ts'
import { makeProject } from './sql-folder.ts'

async function found(directory: string, name: string): Promise<readonly string[]> {
  return (await findScripts(directory, name)).map((path) => relative(directory, path))
}

const refused = (message: RegExp, hint?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SqlScriptError, String(error))
  assert.match(error.message, message)
  if (hint !== undefined) assert.match(error.hint ?? '', hint)
  return true
}

test('a name is a file, or a folder whose *.sql come in natural order', async (t) => {
  const directory = await makeProject(t, {
    'sql/one.sql': '',
    'sql/stats/daily.sql': '',
    'sql/many/10_last.sql': '',
    'sql/many/2_first.sql': '',
    'sql/many/02_also.sql': '',
    'sql/many/b.sql': '',
    'sql/many/A.sql': '',
    'sql/many/.hidden.sql': '',
    'sql/many/readme.md': '',
    'sql/many/3_below/0.sql': '',
    'sql/many/4_folder.sql/0.sql': '',
    'sql/empty/': '',
    'sql/stats/empty/': '',
  })
  assert.deepEqual(await found(directory, 'one'), ['sql/one.sql'])
  assert.deepEqual(await found(directory, 'stats.daily'), ['sql/stats/daily.sql'])
  assert.deepEqual(
    await found(directory, 'many'),
    ['02_also', '2_first', '10_last', 'A', 'b'].map((name) => `sql/many/${name}.sql`),
  )
  assert.deepEqual(await found(directory, 'many.3_below'), ['sql/many/3_below/0.sql'])
  assert.deepEqual(await found(directory, 'empty'), [])
  assert.deepEqual(await found(directory, 'stats.empty'), [])
})

test('names that lead elsewhere, or are none, are refused before a file is touched', async (t) => {
  const directory = await makeProject(t, { 'sql/a/b.sql': '', 'secret.sql': 'select 1' })
  const names = [
    '..',
    '../secret',
    'a/../../secret',
    '/etc/passwd',
    'a\0b',
    'a/b',
    'a\\b',
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    ' a',
    'a.b\n',
    'C:',
  ]
  for (const name of names) {
    await assert.rejects(
      findScripts(directory, name),
      refused(/is no name of a SQL script: letters, digits, _ and -, with dots for folders/),
      JSON.stringify(name),
    )
  }
})

test('a missing one says what to create, whether or not there is a folder sql', async (t) => {
  for (const files of [{}, { 'sql/': '' }]) {
    const directory = await makeProject(t, files)
    await assert.rejects(
      findScripts(directory, 'stats.daily'),
      refused(
        /"stats\.daily" is not there: neither sql\/stats\/daily\.sql nor the folder sql\/stats\/daily\//,
        /an empty folder is fine, such as .*stats.daily.$/,
      ),
    )
    assert.equal(await lookForScripts(directory, 'on_restart'), undefined)
  }
})

test('one that cannot be looked at is not told as one that is not there', async (t) => {
  const directory = await makeProject(t, { 'sql/': '' })
  await symlink('loop.sql', join(directory, 'sql/loop.sql'))
  await assert.rejects(
    findScripts(directory, 'loop'),
    refused(/^the SQL script "loop" cannot be looked for: ELOOP/),
  )
})

test('a file whose name ends in .SQL is refused, and not passed over', async (t) => {
  const directory = await makeProject(t, { 'sql/many/1.sql': '', 'sql/many/2.SQL': '' })
  await assert.rejects(
    findScripts(directory, 'many'),
    refused(/"many" has a file whose name does not end in "\.sql": .*2\.SQL$/, /small letters/),
  )
})

test('a file and a folder of one name are refused: nobody could say which', async (t) => {
  const directory = await makeProject(t, { 'sql/a.sql': '', 'sql/a/b.sql': '' })
  await assert.rejects(
    findScripts(directory, 'a'),
    refused(/"a" is there twice/, /Move the file into the folder/),
  )
})

test('links are followed inside sql and refused out of it', async (t) => {
  const directory = await makeProject(t, {
    'sql/real/1.sql': '',
    'sql/folder/1.sql': '',
    'sql/nothing/1.sql': '',
    'sql/outside_in/1.sql': '',
    'secret.sql': '',
    'sqlite/1.sql': '',
  })
  const link = (target: string, path: string) => symlink(target, join(directory, 'sql', path))
  await link('real', 'inside')
  await link('../real/1.sql', 'folder/2.sql')
  await link('../secret.sql', 'file.sql')
  // Its path begins with that of sql.
  await link('../sqlite', 'sibling')
  await link('/etc', 'system')
  await link('../../secret.sql', 'outside_in/2.sql')
  await link('gone.sql', 'nothing/2.sql')
  await link('loop.sql', 'loop.sql')

  assert.deepEqual(await found(directory, 'inside'), ['sql/inside/1.sql'])
  assert.deepEqual(await found(directory, 'folder'), ['sql/folder/1.sql', 'sql/folder/2.sql'])
  for (const name of ['file', 'sibling', 'system', 'outside_in']) {
    await assert.rejects(
      findScripts(directory, name),
      refused(/leads out of .*sql: .* is a link to elsewhere/),
      name,
    )
  }
  await assert.rejects(findScripts(directory, 'nothing'), refused(/2\.sql is a link to nothing/))
  await assert.rejects(findScripts(directory, 'loop'), refused(/"loop" cannot be looked for: ELOOP/))
})

test('sql itself may be a link', async (t) => {
  const directory = await makeProject(t, { 'elsewhere/one.sql': '' })
  await symlink('elsewhere', join(directory, 'sql'))
  assert.deepEqual(await found(directory, 'one'), ['sql/one.sql'])
})
