import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { carryOut } from './carry-out.ts'
import { isRead, listen, pathOf, reply, replyJson } from './http-server.ts'
import type { Inspected } from './inspected.ts'
import { Inspection } from './inspection.ts'
import { DEFAULT_PORT, type InspectorOptions } from './inspector-options.ts'
import { answerMonitoring } from './monitoring.ts'
import { readPageFiles } from './page-files.ts'
import type { EndMessage, ShownJobDetails } from './protocol.ts'
import { StatelyFeed } from '../stately/stately-feed.ts'
import { streamStately } from '../stately/stream-stately.ts'
import { readBody } from './read-body.ts'
import { hideSecrets, showValue } from './redaction.ts'
import { refuseHost, refuseOrigin, refuseToken } from './request-guard.ts'
import { Viewers } from './viewers.ts'

export interface Inspector {
  /** Without the token. */
  readonly url: string
  readonly token: string
  /** Tells viewers that it is over, and why, and ends their streams. */
  close(error?: unknown): Promise<void>
}

/** ms. Faster than this is a flicker. */
const FLUSH_EVERY = 100

/**
 * Nothing but this server's own files, no inline script or style, and in nobody's frame. Popups keep their opener: the hosted
 * Stately Inspector is fed through one.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'cross-origin-opener-policy': 'same-origin-allow-popups',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

/**
 * Serves the page, the stream of what happens and the commands; and health and metrics, as `monitoring` does.
 * @throws ConfigurationError when the port cannot be used
 */
export async function openInspector(options: InspectorOptions, inspected: Inspected): Promise<Inspector> {
  const { host = '127.0.0.1', port, readOnly = false, redact = hideSecrets } = options
  const { token = randomBytes(24).toString('base64url') } = options
  const files = readPageFiles()
  const stately = inspected.root === undefined ? undefined : new StatelyFeed(inspected.root.actor)
  const inspection = new Inspection({ inspected, redact, readOnly: readOnly || inspected.root === undefined })
  let flushing: NodeJS.Timeout | undefined
  const flush = (): void => {
    const changes = inspection.changes()
    if (changes !== undefined) viewers.send(JSON.stringify(changes))
  }
  const viewers = new Viewers({
    snapshot: (dropped) => JSON.stringify(inspection.snapshot(dropped)),
    onFirst: () => {
      inspection.start()
      flushing = setInterval(flush, FLUSH_EVERY).unref()
    },
    onLast: () => {
      clearInterval(flushing)
      inspection.stop()
    },
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = pathOf(request)
    const send = (status: number, body: object, close = false): void =>
      replyJson(request, response, status, body, close ? { ...HEADERS, connection: 'close' } : HEADERS)
    const misaddressed = refuseHost(request, host)
    if (misaddressed !== undefined) return send(misaddressed.status, { error: misaddressed.error })
    if (await answerMonitoring(request, response, inspected)) return
    const file = files.get(path)
    if (file !== undefined) {
      if (!isRead(request)) return send(405, { error: 'only GET and HEAD' })
      return reply(request, response, { status: 200, ...file, headers: HEADERS })
    }
    const refused = refuseOrigin(request) ?? refuseToken(request, token)
    if (!path.startsWith('/api/')) return send(404, { error: 'there is no such page' })
    if (refused !== undefined) return send(refused.status, { error: refused.error })
    if (path === '/api/command') return command(request, send)
    if (!isRead(request)) return send(405, { error: 'only GET and HEAD' })
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    switch (path) {
      case '/api/stream':
        if (viewers.isFull) return send(503, { error: 'as many look as may' })
        // A new viewer's first message holds all that those who look already are told of now.
        if (viewers.size > 0) flush()
        return viewers.add(response, HEADERS)
      case '/api/stately':
        if (stately === undefined) return send(404, { error: 'nothing runs here' })
        return streamStately(stately, response, HEADERS)
      case '/api/job': {
        const details = await jobDetails(query.get('name') ?? '')
        return details === undefined ? send(503, { error: 'the database is not open' }) : send(200, details)
      }
      case '/api/actor': {
        const context = inspection.actors?.find(query.get('id') ?? '')?.getSnapshot() as
          | { readonly context?: unknown; readonly status?: string }
          | undefined
        if (context === undefined) return send(404, { error: 'this actor has ended' })
        return send(200, { status: context.status, context: showContext(context.context) })
      }
      default:
        return send(404, { error: 'there is no such request' })
    }
  }

  async function command(
    request: IncomingMessage,
    send: (status: number, body: object, close?: boolean) => void,
  ): Promise<void> {
    if (request.method !== 'POST') return send(405, { error: 'only POST' })
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return send(415, { error: 'only application/json' })
    if (readOnly || inspected.root === undefined) {
      const message = readOnly ? 'this inspector is read-only' : 'nothing runs here: what is stored is shown'
      return send(403, { ok: false, code: 'READ_ONLY', message })
    }
    const body = await readBody(request)
    // The rest of what is too large is not read.
    if (body.type === 'refused')
      return send(body.status, { ok: false, code: 'BODY', message: body.error }, true)
    const answered = await carryOut(inspected, body.value)
    inspection.expectNews()
    send(answered.ok ? 200 : 422, answered)
  }

  async function jobDetails(name: string): Promise<ShownJobDetails | undefined> {
    const stored = inspected.stored()
    if (stored === undefined) return undefined
    const [runs, next] = await Promise.all([stored.runs(name, 50), stored.nextFireTimes(name, 5)])
    return { runs, next: next.map((time) => time.getTime()) }
  }

  /** What the machines pass on without knowing it is ours, and of no use to who looks. */
  function showContext(context: unknown): string | undefined {
    if (typeof context !== 'object' || context === null) return undefined
    const { runtime: _, roster: __, now: ___, inPhase: ____, ...shown } = context as Record<string, unknown>
    return showValue(shown, redact)
  }

  const server = await listen(answer, {
    host,
    port: port ?? DEFAULT_PORT,
    path: 'inspector.port',
    elsewhere: port === undefined,
  })
  return {
    url: server.url,
    token,
    async close(error) {
      clearInterval(flushing)
      flush()
      const message: EndMessage = inspection.end(error)
      viewers.end(JSON.stringify(message))
      // One turn, so that it is on its way before the connections are cut.
      await new Promise((resolve) => setImmediate(resolve))
      await server.close()
    },
  }
}
