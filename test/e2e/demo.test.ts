import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startTokenChain } from '../../examples/demo/token-chain.ts'
import { startAnvil, withoutAnvil } from '../support/anvil.ts'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.js', import.meta.url))
const NOBODY = '0x000000000000000000000000000000000000dEaD'

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the demo; `until` is looked for in what it prints, and then the signal is sent. */
function demo(
  args: readonly string[],
  until?: { readonly text: RegExp; readonly signal: NodeJS.Signals },
  cwd?: string,
) {
  return new Promise<Outcome>((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' },
    })
    let stdout = ''
    let stderr = ''
    let sent = false
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (sent || until === undefined || !until.text.test(stdout)) return
      sent = true
      child.kill(until.signal)
    })
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

describe('npm start', { skip: withoutAnvil, concurrency: true }, () => {
  test('runs the whole lifecycle and ends with every balance right', async () => {
    const { code, stdout, stderr } = await demo([])
    assert.equal(stderr, '')
    const story = [
      /reindexing: first start/,
      /on_reindex finished/,
      /on_restart finished/,
      /● syncing/,
      /● synchronized/,
      /on_synchronized finished/,
      /calculate_stats started \(fired from outside\)/,
      /transfers rolled back 1 level,/,
      /● rollback/,
      /transfers rolled back 20 levels,/,
      /All 10 balances are what the contract says, after 13 reorgs/,
      /● stopped/,
    ]
    for (const part of story) assert.match(stdout, part)
    for (const job of ['refresh', 'recent_stats', 'large_transfers']) {
      assert.match(stdout, new RegExp(`job ${job} fires`))
    }
    assert.doesNotMatch(stdout, /✗/)
    assert.equal(code, 0)
  })

  test('ends cleanly by Ctrl-C', async () => {
    const { code, stdout, stderr } = await demo([], { text: /● syncing/, signal: 'SIGINT' })
    assert.equal(stderr, '')
    assert.match(stdout, /● stopped/)
    assert.equal(code, 130)
  })
})

describe('npm start on a node of the user', { skip: withoutAnvil }, () => {
  test('follows the token until Ctrl-C, and goes on at the next start', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'pawl-demo-test-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const chain = await startTokenChain()
    t.after(() => chain.stop())
    await chain.mine(20)
    const args = ['--rpc', chain.url, '--token', chain.token]

    const first = await demo(args, { text: /The 10 largest balances(.*\n){12}/, signal: 'SIGINT' }, directory)
    assert.equal(first.stderr, '')
    assert.match(first.stdout, /reindexing: first start/)
    assert.equal(first.stdout.match(/0x\w{40} .* ✓/g)?.length, 10)
    assert.equal(first.code, 130)

    await chain.mine(5)
    const second = await demo(
      args,
      { text: /The 10 largest balances(.*\n){12}/, signal: 'SIGTERM' },
      directory,
    )
    assert.doesNotMatch(second.stdout, /reindexing|✗/)
    assert.equal(second.stdout.match(/0x\w{40} .* ✓/g)?.length, 10)
    assert.equal(second.code, 143)
  })

  test('says what is wrong with a node or a token, with exit code 2', async (t) => {
    const { url } = await startAnvil(t)
    const token = ['--token', NOBODY]
    const complaints: readonly (readonly [readonly string[], RegExp])[] = [
      [['--rpc', 'localhost:8545', ...token], /--rpc.*http:\/\//],
      [['--rpc', url], /--token is missing/],
      [token, /--rpc is missing/],
      [['--rpc', url, '--token', '0x12'], /--token.*40 hexadecimal digits/],
      [['--rpc', url, ...token, '--from-block', '-1'], /--from-block.*0 or more/],
      [['--rpc', url, ...token, '--from-block', '100'], /--from-block: 100 is beyond the newest block/],
      [
        ['--rpc', 'http://user:secret@127.0.0.1:1/key', ...token],
        /no JSON-RPC node answers at 127\.0\.0\.1:1 \(/,
      ],
      [['--rpc', url, ...token], /--token: there is no contract at 0x/],
      [['--rcp', url, ...token], /unknown option '--rcp'.*\n.*--rpc/],
    ]
    const outcomes = await Promise.all(complaints.map(([args]) => demo(args)))
    for (const [number, { code, stdout, stderr }] of outcomes.entries()) {
      const [args, complaint] = complaints[number] ?? [[], /^$/]
      assert.match(stderr, complaint, args.join(' '))
      assert.doesNotMatch(stderr, /secret|key|\n\s+at /)
      assert.equal(stdout, '')
      assert.equal(code, 2)
    }
  })
})
