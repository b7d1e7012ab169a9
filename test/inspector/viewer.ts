import { request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { TestContext } from 'node:test'
import type { Config } from 'pawl'
import type { CommandAnswer, ViewerCommand } from '../../src/inspector/commands.ts'
import type {
  ChangesMessage,
  EndMessage,
  SnapshotMessage,
  ViewerMessage,
  ViewName,
} from '../../src/inspector/protocol.ts'
import type { ShownEvent } from '../../src/inspector/shown.ts'

/** A config with an inspector at any free port, and its address with the token. */
export function inspected<ThisConfig extends Config>(
  config: ThisConfig,
  options: Exclude<Config['inspector'], boolean | undefined> = {},
) {
  let tell = (_: string): void => {}
  const url = new Promise<string>((resolve) => (tell = resolve))
  return { url, config: { ...config, inspector: { port: 0, onOpen: tell, ...options } } }
}

/** What a browser would send to the inspector. */
export class Client {
  readonly origin: string
  readonly #token: string

  constructor(url: string) {
    const { origin, hash } = new URL(url)
    this.origin = origin
    this.#token = hash.slice('#token='.length)
  }

  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#token}` }
  }

  async command(command: ViewerCommand): Promise<CommandAnswer & { readonly status: number }> {
    const response = await fetch(`${this.origin}/api/command`, {
      method: 'POST',
      headers: { ...this.headers, 'content-type': 'application/json' },
      body: JSON.stringify(command),
    })
    return { ...((await response.json()) as CommandAnswer), status: response.status }
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
    const response = await fetch(`${this.origin}${path}`, { headers: this.headers })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  /** A request with whatever headers, `Host` too, which `fetch` would not send. */
  raw(
    path: string,
    {
      method = 'GET',
      headers = {},
      body,
    }: { method?: string; headers?: OutgoingHttpHeaders; body?: string } = {},
  ): Promise<{
    readonly status: number
    readonly headers: IncomingMessage['headers']
    readonly text: string
  }> {
    const { hostname, port } = new URL(this.origin)
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** Begins to look; ends with the test. Not by `fetch`, which on Node 20 may stop reading for good when much comes at once. */
  look(t: TestContext, view?: ViewName): Promise<Viewer> {
    const { hostname, port } = new URL(this.origin)
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          hostname,
          port,
          path: `/api/stream${view === undefined ? '' : `?view=${view}`}`,
          headers: this.headers,
          agent: false,
        },
        (response) => {
          if (response.statusCode === 200) resolve(new Viewer(response))
          else reject(new Error(`the stream: ${response.statusCode}`))
        },
      )
      t.after(() => sent.destroy())
      sent.on('error', reject)
      sent.end()
    })
  }
}

type Message<Type extends ViewerMessage['type']> = Extract<ViewerMessage, { type: Type }>

/** A viewer that remembers what it was told. */
export class Viewer {
  readonly messages: ViewerMessage[] = []
  readonly #response: IncomingMessage
  readonly #waiting = new Set<() => void>()
  #over = false

  constructor(response: IncomingMessage) {
    this.#response = response
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => {
      const frames = `${text}${part}`.split('\n\n')
      text = frames.pop() ?? ''
      for (const frame of frames) if (frame.startsWith('data: ')) this.#hear(frame.slice(6))
    })
    response.on('error', () => {})
    response.on('close', () => {
      this.#over = true
      for (const look of this.#waiting) look()
    })
  }

  leave(): void {
    this.#response.destroy()
  }

  get snapshot(): Promise<SnapshotMessage> {
    return this.next('snapshot')
  }

  get end(): Promise<EndMessage> {
    return this.next('end')
  }

  /** The first change that fits, also one that came already. */
  changes(fits: (message: ChangesMessage) => boolean): Promise<ChangesMessage> {
    return this.next('changes', fits)
  }

  /** An event that fits, in whichever message it came. */
  async event(fits: (event: ShownEvent) => boolean): Promise<void> {
    const has = ({ events = [] }: { readonly events?: readonly ShownEvent[] }): boolean => events.some(fits)
    // One that fell behind is told of it in a snapshot.
    await Promise.any([this.next('changes', has), this.next('snapshot', has)])
  }

  next<Type extends ViewerMessage['type']>(
    type: Type,
    fits: (message: Message<Type>) => boolean = () => true,
  ): Promise<Message<Type>> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.messages.find(
          (message): message is Message<Type> => message.type === type && fits(message as Message<Type>),
        )
        if (found === undefined && !this.#over) return
        this.#waiting.delete(look)
        if (found === undefined)
          reject(new Error(`the stream ended without the ${type} that the test waits for`))
        else resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  #hear(data: string): void {
    this.messages.push(JSON.parse(data) as ViewerMessage)
    for (const look of this.#waiting) look()
  }
}
