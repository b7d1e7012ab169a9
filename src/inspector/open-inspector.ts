import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { changesFor } from './audience.ts'
import { isRead, listen, pathOf, reply, replyJson } from './http-server.ts'
import type { Inspected } from './inspected.ts'
import { Inspection } from './inspection.ts'
import { DEFAULT_PORT, type InspectorOptions } from './inspector-options.ts'
import { answerMonitoring } from './monitoring.ts'
import { readPageFiles } from './page-files.ts'
import { hideSecrets } from './redaction.ts'
import { refuseHost, refuseOrigin, refuseToken } from './request-guard.ts'
import { ViewerRequests, type SendJson } from './viewer-requests.ts'
import { Viewers } from './viewers.ts'

export interface Inspector {
  /** Without the token. */
  readonly url: string
  readonly token: string
  /** Tells viewers that it is over, and why, and ends their streams. */
  close(error?: unknown): Promise<void>
}

/** ms. What changes faster cannot be read. */
const FLUSH_EVERY = 200

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
  const inspection = new Inspection({ inspected, redact, readOnly: readOnly || inspected.root === undefined })
  let flushing: NodeJS.Timeout | undefined
  const flush = (): void => {
    if (viewers.size === 0) return
    const changes = inspection.changes()
    viewers.send((audience) => changesFor(changes, audience))
  }
  const viewers = new Viewers({
    snapshot: (audience, dropped) => inspection.snapshot(audience, dropped),
    onAudience: (audiences) => {
      inspection.attend(audiences)
      clearInterval(flushing)
      if (audiences.size > 0) flushing = setInterval(flush, FLUSH_EVERY).unref()
    },
  })
  const requests = new ViewerRequests({
    inspected,
    inspection,
    viewers,
    flush,
    redact,
    readOnly,
    headers: HEADERS,
  })

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = pathOf(request)
    const send: SendJson = (status, body, close = false) =>
      replyJson(request, response, status, body, close ? { ...HEADERS, connection: 'close' } : HEADERS)
    const misaddressed = refuseHost(request, host)
    if (misaddressed !== undefined) return send(misaddressed.status, { error: misaddressed.error })
    if (await answerMonitoring(request, response, inspected)) return
    const file = files.get(path)
    if (file !== undefined) {
      if (!isRead(request)) return send(405, { error: 'only GET and HEAD' })
      return reply(request, response, { status: 200, ...file, headers: HEADERS })
    }
    if (!path.startsWith('/api/')) return send(404, { error: 'there is no such page' })
    const refused = refuseOrigin(request) ?? refuseToken(request, token)
    if (refused !== undefined) return send(refused.status, { error: refused.error })
    return requests.answer(request, response, send)
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
      viewers.end(inspection.end(error))
      // One turn, so that it is on its way before the connections are cut.
      await new Promise((resolve) => setImmediate(resolve))
      await server.close()
    },
  }
}
