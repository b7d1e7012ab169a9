import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { ConfigurationError } from '../errors.ts'

export interface ListenOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Of the port in the config, for the error. */
  readonly path: string
  /** Take any that is free where this one is taken. */
  readonly elsewhere?: boolean
}

export interface HttpServer {
  /** Without a path: `http://127.0.0.1:9464`. */
  readonly url: string
  /** Ends every connection, too. */
  close(): Promise<void>
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

/** ms. For headers, and again for the whole request: who needs longer holds a connection for nothing. */
const PATIENCE = 10_000
/** A page takes some six; a scraper one. */
const MOST_CONNECTIONS = 256

/**
 * Listens, and does not keep the process alive by that.
 * @throws ConfigurationError when the port cannot be used
 */
export async function listen(
  answer: Answer,
  { host, port, path, elsewhere = false }: ListenOptions,
): Promise<HttpServer> {
  const server = createServer(
    {
      headersTimeout: PATIENCE,
      requestTimeout: PATIENCE,
      keepAliveTimeout: PATIENCE,
      connectionsCheckingInterval: PATIENCE / 4,
    },
    (request, response) => {
      // A reader that goes away is no fault of ours.
      response.on('error', () => {})
      void run(answer, request, response)
    },
  )
  server.maxConnections = MOST_CONNECTIONS
  await open(server, { host, port, path, elsewhere })
  server.unref()
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function run(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(request, response)
  } catch (error) {
    response.destroy(error as Error)
  }
}

async function open(server: Server, { host, port, path, elsewhere }: Required<ListenOptions>): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EADDRINUSE' && elsewhere) return open(server, { host, port: 0, path, elsewhere: false })
    throw new ConfigurationError(
      [{ path, message: `${host}:${port} cannot be listened on: ${WHY[code] ?? String(error)}` }],
      { cause: error },
    )
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process does already',
  EACCES: 'this user may not',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Sends all of an answer. A HEAD gets the headers only. */
export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    type,
    body,
    headers = {},
  }: {
    readonly status: number
    readonly type: string
    readonly body: string | Buffer
    readonly headers?: Readonly<Record<string, string>>
  },
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export function replyJson(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  reply(request, response, { status, type: 'application/json', body: `${JSON.stringify(body)}\n`, headers })
}

/** The path of a request, without its query. */
export const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/'

export const isRead = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'
