import type { IncomingMessage } from 'node:http'

export type Body =
  | { readonly type: 'json'; readonly value: unknown }
  | { readonly type: 'refused'; readonly status: 400 | 413; readonly error: string }

/** Bytes. A hook's arguments in a form are far less. */
const LARGEST = 256 * 1024

/** A JSON body, if it is one and not too large: no more of it is kept than that. */
export async function readBody(request: IncomingMessage): Promise<Body> {
  const tooLarge: Body = {
    type: 'refused',
    status: 413,
    error: `the body has more than ${LARGEST / 1024} kB`,
  }
  if (Number(request.headers['content-length'] ?? 0) > LARGEST) return tooLarge
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (size > LARGEST) return tooLarge
    parts.push(part)
  }
  try {
    return { type: 'json', value: JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown }
  } catch {
    return { type: 'refused', status: 400, error: 'the body is no JSON' }
  }
}
