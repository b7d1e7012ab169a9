import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import postgres from 'postgres'
import { config, createFolder, runCli } from '../cli/cli-process.ts'
import { describeUrl } from '../../src/database/database-url.ts'
import { createMigratedDatabase, createTestDatabase } from '../support/test-database.ts'
import { refuses } from './bad-input/refuses.ts'
import { closedPort, mutePort, webServer } from './bad-input/servers.ts'

const CONFIG = config(`{ database: process.env.BAD_URL, hooks: { stats: hook({ run() {} }) } }`)
const CHECK_SERVER =
  'Check that the server runs and that the address is right; or leave "database" out, and Pawl starts one of its own.'
const CHECK_USER = 'Check the user and the password in the URL.'

test(
  'a database that cannot be used is told in words, without its password',
  { concurrency: 2, timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const { host, pathname } = new URL(url)
    const closed = `127.0.0.1:${await closedPort()}`
    const mute = `127.0.0.1:${await mutePort(t)}`
    const web = new URL(await webServer(t, 200, 'text/html', '<html>')).host
    const stranger = `stranger_${randomUUID().slice(0, 8)}`

    const cases: Readonly<Record<string, readonly [url: string, why: string, hint: string, code?: 1]>> = {
      'a wrong password or user': [
        `postgres://${stranger}:s3cret@${host}${pathname}`,
        `password authentication failed for user "${stranger}"`,
        CHECK_USER,
      ],
      'an unknown host': [
        'postgres://me:s3cret@no-such-host.invalid:5432/chain',
        'there is no such host',
        CHECK_SERVER,
        1,
      ],
      'a closed port': [
        `postgres://me:s3cret@${closed}/chain`,
        'nothing listens there (connection refused)',
        CHECK_SERVER,
        1,
      ],
      'a server that never answers': [
        `postgres://me:s3cret@${mute}/chain`,
        'no answer within 5 s',
        CHECK_SERVER,
        1,
      ],
      'a server of something else': [
        `postgres://me:s3cret@${web}/chain`,
        'the connection was closed before an answer came: is that a PostgreSQL?',
        CHECK_SERVER,
        1,
      ],
      'a database that there is not': [
        url.replace(pathname, '/nowhere'),
        'database "nowhere" does not exist',
        'Correct the name in the URL, or create the database first: createdb nowhere',
      ],
    }
    await Promise.all(
      Object.entries(cases).map(([name, [bad, why, hint, code = 2 as const]]) =>
        t.test(name, (each) =>
          refuses(each, url, {
            started: true,
            files: CONFIG,
            env: { BAD_URL: bad },
            code,
            says: [`error: cannot connect to ${describeUrl(bad)}: ${why}`, hint],
          }),
        ),
      ),
    )
  },
)

test('a user who may not create a schema is told what the owner has to do', async (t) => {
  const { url } = await createTestDatabase(t)
  const user = await createUser(url)
  t.after(() => user.drop())
  await refuses(t, url, {
    started: true,
    files: CONFIG,
    env: { BAD_URL: user.url },
    says: [
      `error: cannot make Pawl's own tables in ${describeUrl(user.url)}: permission denied for database ${new URL(url).pathname.slice(1)}`,
      `They have a schema of their own. As the database's owner: create schema "pawl" authorization ${user.name}`,
    ],
  })
})

test("Pawl's own tables of another user are told as that, and one who may read them can look", async (t) => {
  const { url } = await createMigratedDatabase(t)
  const user = await createUser(url)
  t.after(() => user.drop())
  const folder = createFolder(t, CONFIG)
  const [run, look, doctor] = await Promise.all(
    ['run', 'status', 'doctor'].map((command) => runCli(t, folder, [command], { BAD_URL: user.url })),
  )
  const says = [
    `cannot use Pawl's own tables in ${describeUrl(user.url)}: permission denied for schema pawl`,
    `The schema "pawl" is there, and belongs to ${new URL(url).username}: log in as that role.`,
  ]
  for (const refused of [run, look])
    assert.deepEqual([refused?.code, refused?.err], [2, `error: ${says.join('\n')}\n`])
  assert.equal(doctor?.code, 1)
  assert.ok(doctor.out.includes(`✗ database: ${says.join('\n    ')}\n`), doctor.out)

  const sql = postgres(url, { max: 1 })
  await sql.unsafe(
    `grant usage on schema pawl to ${user.name}; grant select on all tables in schema pawl to ${user.name}`,
  )
  await sql.end()
  const { code, out, err } = await runCli(t, folder, ['status'], { BAD_URL: user.url })
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /Nothing is indexed yet/)
})

async function createUser(url: string) {
  const name = `poor_${randomUUID().slice(0, 8)}`
  const run = async (statement: string): Promise<void> => {
    // Not the test's database: that is gone when the user is dropped.
    const server = new URL(url)
    server.pathname = '/postgres'
    const sql = postgres(server.href, { max: 1, onnotice: () => {} })
    await sql.unsafe(statement)
    await sql.end()
  }
  await run(`create role ${name} login password 's3cret'`)
  const own = new URL(url)
  own.username = name
  own.password = 's3cret'
  return { name, url: own.href, drop: () => run(`drop role ${name}`) }
}
