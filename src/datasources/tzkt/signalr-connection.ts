import type { Clock } from '../../clock.ts'
import { endSocket, type WebSocketLike } from '../web-socket.ts'

// SignalR's JSON hub protocol, version 1: https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md
const END_OF_RECORD = '\u001e'
const INVOCATION = 1
const COMPLETION = 3
const PING = 6
const CLOSE = 7

/** ms. The server sends something each 10 or 15 s, and takes us for dead where it hears nothing for 30. */
const PING_INTERVAL = 10_000
const SILENCE = 30_000

export interface SignalROptions {
  readonly socket: WebSocketLike
  readonly clock: Clock
  /** The server calls this `target` of ours. */
  readonly onInvocation: (target: string, args: readonly unknown[]) => void
}

/**
 * A connection to a SignalR hub over a WebSocket of ours, without negotiation: opening → (handshake) → open → closed, and
 * closed for good, by either side, by silence, or by what is no SignalR. The client of Microsoft would bring five
 * packages for what are two kinds of message here.
 */
export class SignalRConnection {
  /** Resolves when it is closed, with why. */
  readonly closed: Promise<string>
  readonly #options: SignalROptions
  readonly #pending = new Map<
    string,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #settleOpen: { resolve: () => void; reject: (error: Error) => void } | undefined
  #settleClosed: (reason: string) => void = () => {}
  #calls = 0
  #pingTimer: unknown
  #silenceTimer: unknown

  constructor(options: SignalROptions) {
    this.#options = options
    this.closed = new Promise((resolve) => (this.#settleClosed = resolve))
    const { socket } = options
    socket.addEventListener('open', () => this.#send({ protocol: 'json', version: 1 }))
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    socket.addEventListener('error', () => this.close('the connection broke'))
    socket.addEventListener('close', () => this.close('the server closed the connection'))
    this.#listen()
  }

  /** Resolves when the handshake is done. Call it once. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#state === 'open') resolve()
      else if (this.#state === 'closed') reject(new Error('it is closed'))
      else this.#settleOpen = { resolve, reject }
    })
  }

  /** Calls a method of the hub. Rejects with its error, or when the connection ends. */
  invoke(target: string, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#state !== 'open') return Promise.reject(new Error('it is not open'))
    const invocationId = String((this.#calls += 1))
    return new Promise((resolve, reject) => {
      this.#pending.set(invocationId, { resolve, reject })
      this.#send({ type: INVOCATION, invocationId, target, arguments: args })
    })
  }

  close(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const { clock, socket } = this.#options
    clock.clearTimeout(this.#pingTimer)
    clock.clearTimeout(this.#silenceTimer)
    const error = new Error(reason)
    this.#settleOpen?.reject(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    endSocket(socket)
    this.#settleClosed(reason)
  }

  #receive(data: unknown): void {
    if (this.#state === 'closed') return
    this.#listen()
    if (typeof data !== 'string') return this.close('the server sent what is no text')
    for (const record of data.split(END_OF_RECORD)) {
      if (record === '') continue
      try {
        this.#handle(JSON.parse(record) as Readonly<Record<string, unknown>>)
      } catch {
        return this.close('the server sent what is no SignalR message')
      }
    }
  }

  #handle(message: Readonly<Record<string, unknown>>): void {
    if (this.#state === 'opening') return this.#shakeHands(message)
    switch (message['type']) {
      case INVOCATION:
        this.#options.onInvocation(String(message['target']), (message['arguments'] ?? []) as unknown[])
        break
      case COMPLETION: {
        const call = this.#pending.get(String(message['invocationId']))
        this.#pending.delete(String(message['invocationId']))
        if (typeof message['error'] === 'string') call?.reject(new Error(message['error']))
        else call?.resolve(message['result'])
        break
      }
      case CLOSE:
        this.close(`the server closed the connection${reasonOf(message['error'])}`)
        break
      default:
      // Pings, and kinds of message that we did not ask for.
    }
  }

  #shakeHands({ error }: Readonly<Record<string, unknown>>): void {
    if (error !== undefined) return this.close(`the server refuses the protocol${reasonOf(error)}`)
    this.#state = 'open'
    this.#settleOpen?.resolve()
    this.#ping()
  }

  #ping(): void {
    const { clock } = this.#options
    this.#pingTimer = clock.setTimeout(() => {
      this.#send({ type: PING })
      this.#ping()
    }, PING_INTERVAL)
  }

  /** A connection that broke without a word looks like a quiet one. */
  #listen(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#silenceTimer)
    this.#silenceTimer = clock.setTimeout(
      () => this.close(`nothing came from the server for ${SILENCE / 1000} s`),
      SILENCE,
    )
  }

  #send(message: unknown): void {
    try {
      this.#options.socket.send(JSON.stringify(message) + END_OF_RECORD)
    } catch {
      this.close('the connection broke')
    }
  }
}

function reasonOf(error: unknown): string {
  return typeof error === 'string' ? `: ${error}` : ''
}
