import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import type { Actor, AnyActorLogic, AnyActorRef } from 'xstate'
import { CALLBACK, checkOptions, TEXT, type OptionRules } from './config/check-options.ts'
import { isWhole } from './config/config-reader.ts'
import { HOSTED } from './inspector/page/stately-bridge.ts'
import { bridgePage } from './stately/bridge-page.ts'
import { StatelyFeed } from './stately/stately-feed.ts'
import type { Telling } from './stately/stately-message.ts'
import { streamStately } from './stately/stream-stately.ts'

export type { Telling } from './stately/stately-message.ts'

/** What is told, and which inspector is fed. */
export interface StatelyInspectorOptions extends Telling {
  /** Default: any that is free. */
  readonly port?: number
  /** Where the hosted inspector is. Default: https://stately.ai/inspect */
  readonly hosted?: string
}

/** What is shown to the hosted inspector, until it is closed. */
export interface StatelyInspector {
  /** Open it in a browser. It has a token: whoever has it sees the actors. */
  readonly url: string
  close(): Promise<void>
}

const RULES: OptionRules<StatelyInspectorOptions> = {
  port: {
    expected: 'a port: 0 to 65535',
    passes: (value) => isWhole(0)(value) && (value as number) <= 65_535,
  },
  hosted: TEXT,
  context: CALLBACK,
  event: CALLBACK,
}

/**
 * Shows a root – with all that runs in it, also where it is a part of your own machine – in the hosted Stately Inspector.
 * It can be opened, closed and opened again at any time, and shows what is there then; while nobody looks nothing is watched.
 *
 * It listens on 127.0.0.1 only. Names, states and types of events are told; of contexts and payloads nothing but what
 * `context` and `event` return, for they hold connections and secrets.
 *
 * @example
 * const root = createActor(pawl(config)).start()
 * const inspector = await statelyInspector(root)
 * console.log(`open ${inspector.url}`)
 */
export async function statelyInspector(
  root: Actor<AnyActorLogic> | AnyActorRef,
  options: StatelyInspectorOptions = {},
): Promise<StatelyInspector> {
  checkOptions('statelyInspector', options, RULES)
  const { port = 0, hosted = HOSTED, ...telling } = options
  const feed = new StatelyFeed(root as AnyActorRef, telling)
  const files = bridgePage(hosted)
  const token = randomBytes(24).toString('base64url')
  const headers = headersFor(new URL(hosted).origin)

  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '/'
    const send = (status: number, body: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { ...headers, 'content-type': type })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    // Another site can point a name of its own at 127.0.0.1 (DNS rebinding): only addresses and localhost are ours.
    if (!isOwnHost(request)) return send(421, 'open it by the URL that was printed\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'only GET and HEAD\n')
    if (path === '/stream') {
      if (isForeign(request)) return send(403, 'a page of another origin may not listen\n')
      if (!isSame(request.headers.authorization, `Bearer ${token}`))
        return send(401, 'the token is missing, or wrong\n')
      return streamStately(feed, response, headers)
    }
    const file = files.get(path)
    if (file === undefined) return send(404, 'there is no such page\n')
    return send(200, file.body, file.type)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  // It must not keep a process that has nothing else to do.
  server.unref()
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/#token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const headersFor = (hosted: string): Readonly<Record<string, string>> => ({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src ${hosted}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
})

function isOwnHost({ headers: { host = '' } }: IncomingMessage): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return isIP(name) !== 0 || name === 'localhost'
}

const isForeign = ({ headers: { origin, host } }: IncomingMessage): boolean =>
  origin !== undefined && origin !== `http://${host}`

/** Takes the same time whatever is wrong. */
const isSame = (given: string | undefined, expected: string): boolean =>
  timingSafeEqual(digest(given ?? ''), digest(expected))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
