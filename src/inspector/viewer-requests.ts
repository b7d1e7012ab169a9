import type { IncomingMessage, ServerResponse } from 'node:http'
import { StatelyFeed } from '../stately/stately-feed.ts'
import { streamStately } from '../stately/stream-stately.ts'
import { readAudience } from './audience.ts'
import { carryOut } from './carry-out.ts'
import { isRead, pathOf } from './http-server.ts'
import type { Inspected } from './inspected.ts'
import type { Inspection } from './inspection.ts'
import type { ShownJobDetails } from './shown.ts'
import { readBody } from './read-body.ts'
import { showValue, type Redact } from './redaction.ts'
import type { Viewers } from './viewers.ts'

/** Sends a JSON answer. `close`: the rest of the request is not read. */
export type SendJson = (status: number, body: object, close?: boolean) => void

export interface ViewerRequestsOptions {
  readonly inspected: Inspected
  readonly inspection: Inspection
  readonly viewers: Viewers
  /** What is new goes to those who look already. */
  readonly flush: () => void
  readonly redact: Redact
  readonly readOnly: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** Answers what viewers ask for: `/api/…`. Who asks has shown the token. */
export class ViewerRequests {
  readonly #options: ViewerRequestsOptions
  readonly #stately: StatelyFeed | undefined

  constructor(options: ViewerRequestsOptions) {
    this.#options = options
    const { root } = options.inspected
    this.#stately = root === undefined ? undefined : new StatelyFeed(root.actor)
  }

  async answer(request: IncomingMessage, response: ServerResponse, send: SendJson): Promise<void> {
    const path = pathOf(request)
    if (path === '/api/command') return this.#command(request, send)
    if (!isRead(request)) return send(405, { error: 'only GET and HEAD' })
    const isStream = path === '/api/stream' || path === '/api/stately'
    // Its answer would have no body, and no end.
    if (isStream && request.method !== 'GET') return send(405, { error: 'only GET' })
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams
    switch (path) {
      case '/api/stream':
        return this.#stream(response, query.get('view'), send)
      case '/api/stately':
        if (this.#stately === undefined) return send(404, { error: 'nothing runs here' })
        return streamStately(this.#stately, response, this.#options.headers)
      case '/api/job': {
        const details = await this.#jobDetails(query.get('name') ?? '')
        return details === undefined ? send(503, { error: 'the database is not open' }) : send(200, details)
      }
      case '/api/actor':
        return this.#actor(query.get('id') ?? '', send)
      default:
        return send(404, { error: 'there is no such request' })
    }
  }

  #stream(response: ServerResponse, view: string | null, send: SendJson): void {
    const { viewers, flush, headers } = this.#options
    const audience = readAudience(view)
    if (audience === undefined) return send(404, { error: 'there is no such view' })
    if (viewers.isFull) return send(503, { error: 'as many look as may' })
    // A new viewer's first message holds all that those who look already are told of now.
    flush()
    viewers.add(response, audience, headers)
  }

  async #command(request: IncomingMessage, send: SendJson): Promise<void> {
    const { inspected, inspection, readOnly } = this.#options
    if (request.method !== 'POST') return send(405, { error: 'only POST' })
    if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
      return send(415, { error: 'only application/json' })
    if (readOnly || inspected.root === undefined) {
      const message =
        inspected.root === undefined
          ? 'nothing runs here: what is stored is shown'
          : 'this inspector is read-only'
      return send(403, { ok: false, code: 'READ_ONLY', message })
    }
    const body = await readBody(request)
    // The rest of what is too large is not read.
    if (body.type === 'refused')
      return send(body.status, { ok: false, code: 'BODY', message: body.error }, true)
    const answered = await carryOut(inspected, body.value, (firing) => inspection.follow(firing))
    inspection.expectNews()
    send(answered.ok ? 200 : 422, answered)
  }

  #actor(id: string, send: SendJson): void {
    const snapshot = this.#options.inspection.actors?.find(id)?.getSnapshot() as
      | { readonly context?: unknown; readonly status?: string }
      | undefined
    if (snapshot === undefined) return send(404, { error: 'this actor has ended' })
    send(200, { status: snapshot.status, context: showContext(snapshot.context, this.#options.redact) })
  }

  async #jobDetails(name: string): Promise<ShownJobDetails | undefined> {
    const stored = this.#options.inspected.stored()
    if (stored === undefined) return undefined
    const [runs, next] = await Promise.all([stored.runs(name, 50), stored.nextFireTimes(name, 5)])
    return { runs, next: next.map((time) => time.getTime()) }
  }
}

/** Without what the machines pass on and do not know to be ours, which is of no use to who looks. */
function showContext(context: unknown, redact: Redact): string | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  const { runtime: _, roster: __, now: ___, inPhase: ____, ...shown } = context as Record<string, unknown>
  return showValue(shown, redact)
}
