import type { CommandAnswer, ViewerCommand, ViewerMessage } from '../protocol.ts'

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'full'

interface Events {
  readonly message: (message: ViewerMessage) => void
  readonly state: (state: ConnectionState) => void
}

/** Of this tab, and this address with its port, only. */
const KEPT = 'pawl.token'
/** ms. The server is heard of every ten seconds, if only to say that it is there. */
const SILENCE = 25_000
const LONGEST_WAIT = 5_000

/** Takes the token out of the address: what is after `#` was never sent, and is not to be seen, nor kept in the history. */
export function takeToken(): void {
  const [, token] = /^#token=([\w.~-]+)$/.exec(location.hash) ?? []
  if (token === undefined) return
  keepToken(token)
  history.replaceState(null, '', '#overview')
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEPT, token)
}

const headers = (): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${sessionStorage.getItem(KEPT) ?? ''}`,
})

/** Follows the stream; comes back by itself, until it is told that the token is wrong. */
export async function follow(events: Events): Promise<void> {
  let wait = 500
  events.state('connecting')
  for (;;) {
    const outcome = await followOnce({
      ...events,
      message: (message) => {
        wait = 500
        events.message(message)
      },
    })
    if (outcome === 'refused') return events.state('refused')
    events.state(outcome)
    await new Promise((resolve) => setTimeout(resolve, wait))
    wait = Math.min(wait * 1.6, LONGEST_WAIT)
  }
}

async function followOnce(events: Events): Promise<'reconnecting' | 'refused' | 'full'> {
  const silent = new AbortController()
  let timer = 0
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(), SILENCE)
  }
  heard()
  try {
    const response = await fetch('/api/stream', {
      headers: headers(),
      signal: silent.signal,
      cache: 'no-store',
    })
    if (response.status === 401) return 'refused'
    if (response.status === 503) return 'full'
    if (!response.ok || response.body === null) return 'reconnecting'
    events.state('connected')
    await read(response.body, events, heard)
  } catch {
    // It went away, or was silent.
  } finally {
    clearTimeout(timer)
  }
  return 'reconnecting'
}

/** What the hosted Stately Inspector is fed with. @throws when there is no such stream now */
export async function openStatelyStream(signal: AbortSignal): Promise<AsyncIterable<string>> {
  const response = await fetch('/api/stately', { headers: headers(), signal, cache: 'no-store' })
  if (!response.ok || response.body === null) throw new Error(`answered ${response.status}`)
  return textOf(response.body)
}

/** The text of a body, as it comes. Not every browser can iterate over one. */
async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    yield decoder.decode(piece.value, { stream: true })
}

async function read(body: ReadableStream<Uint8Array>, { message }: Events, heard: () => void): Promise<void> {
  let text = ''
  for await (const piece of textOf(body)) {
    heard()
    text += piece
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames)
      if (frame.startsWith('data: ')) message(JSON.parse(frame.slice(6)) as ViewerMessage)
  }
}

/** Never rejects: an answer that did not come is one, too. */
export async function send(command: ViewerCommand): Promise<CommandAnswer> {
  try {
    const response = await fetch('/api/command', {
      method: 'POST',
      headers: { ...headers(), 'content-type': 'application/json' },
      body: JSON.stringify(command),
    })
    return (await response.json()) as CommandAnswer
  } catch {
    return { ok: false, code: 'DISCONNECTED', message: 'Pawl does not answer: it may have stopped.' }
  }
}

/** undefined: there is nothing of this name now. */
export async function get<Answer>(
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(`${path}?${new URLSearchParams(query)}`, { headers: headers() })
    return response.ok ? ((await response.json()) as Answer) : undefined
  } catch {
    return undefined
  }
}
