import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { config, createFolder, linkDependencies, runCli } from '../cli/cli-process.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { refuses } from './bad-input/refuses.ts'
import { closedPort, mutePort, webServer } from './bad-input/servers.ts'

const KEY = 's3cretK3Ys3cretK3Y0123456789'
const CHECK_NODE = 'Check that the node runs and that its URL is right.'
const CHECK_URL = 'Is this the URL of an EVM node, with its key?'
const CHECK_KEY = 'Check the key, or the name and password, in the URL.'
const CHECK_WEBSOCKET =
  'Check that the node runs, and that it serves WebSocket at this port and path: often others than for http.'
const SLOW = 'Is this the URL of an EVM node? One that is only slow needs a longer "timeout" in evm({ … }).'

/** What may be so today, and not at the next start. */
const MAY_PASS = [
  'a closed port',
  'a refusal in JSON-RPC',
  'a node that never answers',
  'a WebSocket URL of an http port',
  'a WebSocket URL of a closed port',
  'a WebSocket URL of a port that never answers',
]

const indexing = (urls: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const indexes = Object.entries(urls).map(
    ([name, url]) =>
      `${name}: { datasource: evm({ url: ${JSON.stringify(url)}, timeout: 700 }), handler() {} }`,
  )
  return config(`{ database: process.env.DATABASE_URL, indexes: { ${indexes.join(', ')} } }`)
}

test(
  'an RPC URL that never worked is told in words, without its key',
  { concurrency: 2, timeout: 300_000 },
  async (t) => {
    const { url } = await createTestDatabase(t)
    const closed = `http://127.0.0.1:${await closedPort()}`
    const mute = `http://127.0.0.1:${await mutePort(t)}`
    const page = await webServer(t, 200, 'text/html; charset=utf-8', '<html>')
    const json = await webServer(t, 200, 'application/json', '{"hello":"world"}')
    const unauthorized = await webServer(t, 401, 'application/json', `{"error":"${KEY} is no key"}`)
    const forbidden = await webServer(t, 403, 'text/html', '<html>')
    const disabled = await webServer(t, 403, 'application/json', (path) =>
      JSON.stringify({ jsonrpc: '2.0', id: 0, error: { code: -32_000, message: `${path} is disabled` } }),
    )
    const webSocket = (http: string): string => http.replace('http', 'ws')

    const cases: Readonly<Record<string, readonly [origin: string, why: string, ...hint: string[]]>> = {
      'a closed port': [closed, ' cannot be reached: nothing listens there (connection refused)', CHECK_NODE],
      'an unknown host': ['http://node.invalid', ' cannot be reached: there is no such host', CHECK_NODE],
      'a web page': [page, ' answered 200 with text/html, which is no JSON-RPC', CHECK_URL],
      'JSON that is no JSON-RPC': [
        json,
        ' answered 200 with application/json, which is no JSON-RPC',
        CHECK_URL,
      ],
      'a key that is none': [unauthorized, ' refuses access: it answered 401', CHECK_KEY],
      'a key that may not': [forbidden, ' refuses access: it answered 403', CHECK_KEY],
      'a refusal in JSON-RPC': [disabled, ': eth_chainId: /v3/*** is disabled (-32000)'],
      'a node that never answers': [mute, ': eth_chainId: no answer within 0.7 s', SLOW],
      'a WebSocket URL of an http port': [
        webSocket(page),
        ' cannot be reached by WebSocket',
        CHECK_WEBSOCKET,
      ],
      'a WebSocket URL of a closed port': [
        webSocket(closed),
        ' cannot be reached by WebSocket',
        CHECK_WEBSOCKET,
      ],
      'a WebSocket URL of a port that never answers': [
        webSocket(mute),
        ': eth_chainId: no answer within 0.7 s',
        SLOW,
      ],
    }
    await Promise.all([
      ...Object.entries(cases).map(([name, [origin, why, ...hint]]) =>
        t.test(name, (each) =>
          refuses(each, url, {
            started: true,
            code: MAY_PASS.includes(name) ? 1 : 2,
            files: indexing({ transfers: `${origin}/v3/${KEY}` }),
            says: [`error: index "transfers": ${origin}${why}`, ...hint],
          }),
        ),
      ),
      t.test('two indexes, each for its own reason', (each) =>
        refuses(each, url, {
          started: true,
          files: indexing({ transfers: closed, prices: page }),
          says: [
            'error: the datasources of 2 indexes cannot be used',
            `  index "transfers": ${closed} cannot be reached: nothing listens there (connection refused)`,
            `  index "prices": ${page} answered 200 with text/html, which is no JSON-RPC`,
            CHECK_NODE,
            CHECK_URL,
          ],
        }),
      ),
      t.test('two indexes of one node', (each) =>
        refuses(each, url, {
          started: true,
          code: 1,
          files: indexing({ transfers: closed, prices: closed }),
          says: [
            `error: indexes "transfers" and "prices": ${closed} cannot be reached: nothing listens there (connection refused)`,
            CHECK_NODE,
          ],
        }),
      ),
      t.test("no database of Pawl's own is made either", async (each) => {
        const folder = createFolder(each, indexing({ transfers: closed }))
        linkDependencies(folder)
        const { code } = await runCli(each, folder, ['run'], { DATABASE_URL: undefined })
        assert.equal(code, 1)
        assert.ok(!existsSync(join(folder, '.pawl')))
      }),
    ])
  },
)
