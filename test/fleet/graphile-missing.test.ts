import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createTestDatabase } from '../support/test-database.ts'

/** Node's loader, as if graphile-worker were not there. */
const HIDE = `data:text/javascript,${encodeURIComponent(`
import { register } from 'node:module'
const hooks = \`export async function resolve(name, context, next) {
  if (name !== 'graphile-worker') return next(name, context)
  throw Object.assign(new Error("Cannot find package 'graphile-worker'"), { code: 'ERR_MODULE_NOT_FOUND' })
}\`
register('data:text/javascript,' + encodeURIComponent(hooks))
`)}`

const PROGRAM = `
import { createActor } from 'xstate'
import { pawl } from 'pawl'
import { graphileWorker } from 'pawl/graphile-worker'
const root = createActor(pawl({ database: process.argv[1], executor: graphileWorker() }))
root.subscribe({ error: ({ name, message, hint, code }) => console.log(JSON.stringify({ name, message, hint, code })) })
root.start()
`

test('without graphile-worker the error says what to install', { timeout: 60_000 }, async (t) => {
  const { url } = await createTestDatabase(t)
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    HIDE,
    '--input-type=module',
    '-e',
    PROGRAM,
    url,
  ])
  const { name, message, hint, code } = JSON.parse(stdout) as Readonly<Record<string, string>>
  assert.deepEqual([name, code], ['ConfigurationError', 'CONFIGURATION'])
  assert.equal(
    message,
    'executor: graphileWorker(…) needs the package graphile-worker, which is not installed',
  )
  assert.match(hint ?? '', /^npm install graphile-worker/)
})
