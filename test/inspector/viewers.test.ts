import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { listen } from '../../src/inspector/http-server.ts'
import { Viewers } from '../../src/inspector/viewers.ts'

async function look(t: TestContext, url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET / HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`)
  return socket
}

test('a viewer that does not read is skipped, and then told all at once', { timeout: 60_000 }, async (t) => {
  let gone = (): void => {}
  const allGone = new Promise<void>((resolve) => (gone = resolve))
  const viewers = new Viewers({
    snapshot: (_, dropped) => ({ type: 'snapshot', dropped }),
    onAudience: ({ size }) => void (size === 0 && gone()),
  })
  const server = await listen((_, response) => viewers.add(response, 'all', {}), {
    host: '127.0.0.1',
    port: 0,
    path: 'inspector.port',
  })
  t.after(() => server.close())
  const [slow, quick] = [await look(t, server.url), await look(t, server.url)]
  await once(slow, 'data')
  slow.pause()
  let read = ''
  quick.setEncoding('utf8').on('data', (part: string) => (read = `${read}${part}`.slice(-1_000)))
  while (viewers.size < 2) await new Promise(setImmediate)

  // 40 MB, eight times what the sockets of one machine take up; the one that reads gets each before the next is sent.
  const text = 'x'.repeat(1_000_000)
  for (let n = 1; n <= 40; n += 1) {
    viewers.send(() => ({ text: `${text} message ${n}.` }))
    while (!read.includes(` message ${n}.`)) await once(quick, 'data')
  }
  let found: number | undefined
  let tail = ''
  slow.setEncoding('utf8').on('data', (part: string) => {
    tail = `${tail.slice(-100)}${part}`
    const [, dropped] = /"type":"snapshot","dropped":([1-9]\d*)/.exec(tail) ?? []
    if (dropped !== undefined) found = Number(dropped)
  })
  slow.resume()
  while (found === undefined) await once(slow, 'data')
  assert.ok(found > 10 && found < 40, `${found} dropped`)

  // It is one like the others again.
  tail = ''
  viewers.send(() => ({ text: 'the next message' }))
  while (!tail.includes('the next message')) await once(slow, 'data')
  slow.destroy()
  quick.destroy()
  await allGone
})
