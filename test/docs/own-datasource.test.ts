import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { loadUserModule } from '../../src/cli/load-user-module.ts'
import type { Datasource } from '../../src/datasources/datasource.ts'
import { simulateChain } from '../../src/testing/index.ts'
import { createFolder } from '../cli/cli-process.ts'
import { conformance } from '../datasources/conformance.ts'
import { readPages } from './read-pages.ts'

const page = (await readPages()).find(({ path }) => path === 'docs/datasources.md')
const code = page?.blocks.find((block) => block.code.includes('export function myChain'))?.code
assert.ok(code)

conformance('the datasource of docs/datasources.md', { skip: false }, async (t) => {
  const chain = simulateChain({ seed: 'docs', length: 120 })
  const server = createServer(({ url = '' }, response) => {
    const name = url.split('/').at(-1) ?? ''
    const block = name === 'head' ? chain.head : chain.block(Number(name))
    response.writeHead(block === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(block ?? null))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const folder = createFolder(t, { 'my-chain.ts': code, 'package.json': '{ "type": "module" }' })
  const { myChain } = (await loadUserModule(join(folder, 'my-chain.ts'))) as {
    readonly myChain: (url: string) => Datasource
  }
  const { port } = server.address() as AddressInfo
  return {
    datasource: myChain(`http://127.0.0.1:${port}`),
    secrets: [],
    extend: async () => void chain.extend(),
    reorg: async (depth, length) => void chain.reorg(depth, length),
  }
})
