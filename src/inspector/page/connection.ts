import type { CommandAnswer, ViewerCommand } from '../commands.ts'
import type { ViewerMessage, ViewName } from '../protocol.ts'

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

/** What is followed now: one view, or nothing. */
export interface Follower {
  /** undefined: nobody looks. */
  look(view: ViewName | undefined): void
}

/** Follows what one view shows; comes back by itself, until it is told that the token is wrong. */
export function follow(events: Events): Follower {
  let current: AbortController | undefined
  let looked: ViewName | undefined
  return {
    look(view) {
      if (view === looked) return
      looked = view
      const before = current
      current = undefined
      if (view === undefined) return before?.abort()
      const mine = new AbortController()
      current = mine
      const isMine = (): boolean => current === mine
      // The stream before goes on until this one is there: the server goes on collecting what both show.
      void followView(view, mine.signal, {
        message: (message) => isMine() && events.message(message),
        state(state) {
          if (state !== 'connecting') before?.abort()
          if (isMine()) events.state(state)
        },
      })
    },
  }
}

async function followView(view: ViewName, signal: AbortSignal, events: Events): Promise<void> {
  let wait = 500
  for (;;) {
    const outcome = await followOnce(view, signal, {
      ...events,
      message: (message) => {
        wait = 500
        events.message(message)
      },
    })
    if (signal.aborted) return
    events.state(outcome)
    if (outcome === 'refused') return
    await new Promise((resolve) => setTimeout(resolve, wait))
    if (signal.aborted) return
    wait = Math.min(wait * 1.6, LONGEST_WAIT)
  }
}

async function followOnce(
  view: ViewName,
  left: AbortSignal,
  events: Events,
): Promise<'reconnecting' | 'refused' | 'full'> {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  left.addEventListener('abort', end)
  let timer = 0
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(end, SILENCE)
  }
  heard()
  try {
    const response = await fetch(`/api/stream?view=${view}`, {
      headers: headers(),
      signal: ended.signal,
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
    left.removeEventListener('abort', end)
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
    return commandAnswer((await response.json()) as Parameters<typeof commandAnswer>[0])
  } catch {
    return { ok: false, code: 'DISCONNECTED', message: 'Pawl does not answer: it may have stopped.' }
  }
}

/** Who is refused before the command is looked at, for the token or the address, is told why in `error`. */
const commandAnswer = (body: CommandAnswer | { readonly error: string }): CommandAnswer =>
  'error' in body ? { ok: false, code: 'REFUSED', message: body.error } : body

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
