import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { Database } from '../../src/database/database.ts'
import { openDatabase } from '../../src/database/open-database.ts'
import { DatabaseUnavailableError } from '../../src/errors.ts'
import { silentLogger } from '../../src/logger.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** What a startup message says: pairs of names and values. */
const PARAMETERS = 8

/** The answer of PgBouncer to a parameter that it does not know. */
function refusal(name: string): Buffer {
  const text = `SFATAL\0C08P01\0Munsupported startup parameter: ${name}\0\0`
  const message = Buffer.alloc(5 + text.length)
  message.write('E', 0)
  message.writeInt32BE(4 + text.length, 1)
  message.write(text, 5)
  return message
}

function without(startup: Buffer, name: string): Buffer {
  const words = startup.subarray(PARAMETERS).toString().split('\0')
  const at = words.indexOf(name)
  if (at >= 0) words.splice(at, 2)
  const rest = Buffer.from(words.join('\0'))
  const message = Buffer.concat([startup.subarray(0, PARAMETERS), rest])
  message.writeInt32BE(message.length, 0)
  return message
}

/** A number of the pooler's own, instead of the backend's. */
function greet(data: Buffer): Buffer {
  const at = data.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]))
  if (at >= 0) data.writeInt32BE(1, at + 5)
  return data
}

/** As PgBouncer in session mode: `search_path` is refused, or dropped where it is told to ignore it. */
async function poolTo(t: TestContext, url: string, ignores: boolean): Promise<string> {
  const { port, hostname } = new URL(url)
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {})
      socket.on('close', () => other.destroy())
    }
    client.once('data', (startup) => {
      if (!ignores) return client.end(refusal('search_path'))
      upstream.write(without(startup, 'search_path'))
      client.pipe(upstream)
      return upstream.on('data', (data) => client.write(greet(data)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const pool = new URL(url)
  pool.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return pool.href
}

async function open(t: TestContext, { ignores = true, schema = 'public' }): Promise<Database> {
  const { url } = await createTestDatabase(t)
  const pool = await poolTo(t, url, ignores)
  const database = await openDatabase({ url: pool, directory: '', schema, logger: silentLogger })
  t.after(() => database.close())
  return database
}

const says =
  (message: RegExp, hint: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof DatabaseUnavailableError)
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
    assert.equal(error.retriable, false)
    return true
  }

test('a pooler that refuses what Pawl asks of a session is told as one', async (t) => {
  await assert.rejects(
    open(t, { ignores: false }),
    says(
      /unsupported startup parameter: search_path$/,
      /connection pooler: connect to PostgreSQL itself; or, with PgBouncer, set pool_mode = session/,
    ),
  )
})

test('a pooler that ignores the search path is used where that is the same, and else refused', async (t) => {
  const database = await open(t, {})
  const [row] = await database.sql`select current_schema() as schema`
  assert.equal(row?.['schema'], 'public')
  await assert.rejects(
    open(t, { schema: 'chain' }),
    says(
      /does not set search_path to "chain", public: it is "\$user", public, so that tables would be made in another schema/,
      /alter role … set search_path = "chain", public/,
    ),
  )
})

test('a pooler that gives a transaction another session is told as that', async (t) => {
  const database = await open(t, {})
  const changed = database.transaction(async ({ sql }) => {
    const ask = () => sql`select ${1}::int as one`
    await ask()
    // As on a backend that has not prepared it.
    await sql.unsafe('deallocate all')
    await ask()
  })
  await assert.rejects(changed, says(/gives each transaction another session/, /pool_mode = session/))
})
