import type { Readable } from 'node:stream'
import { Writable } from 'node:stream'

/** The stream of a COPY: its end, and a socket that it does not hold up. */
export class CopyStream {
  readonly #stream: Readable | Writable
  #isLost = false

  /** @param ended called when the server has, or gets, all */
  constructor(stream: Readable | Writable, ended: () => void) {
    this.#stream = stream
    // A stream that nobody listens to must not end the process.
    stream.on('error', () => {})
    if (stream instanceof Writable) stream.once('close', ended)
    else this.#watch(stream, ended)
  }

  /** Somebody but us listens to its failure. */
  get isHeard(): boolean {
    return this.#stream.listenerCount('error') > 1
  }

  /** Nobody else will end it, and nothing else can be sent. */
  get isHalfDone(): boolean {
    const stream = this.#stream
    const hasEnded = stream instanceof Writable ? stream.writableEnded : stream.readableEnded
    return !hasEnded && !stream.destroyed
  }

  /** Its statement has failed. */
  destroy(error: unknown): void {
    this.#isLost = true
    this.#stream.destroy(error instanceof Error ? error : undefined)
  }

  /**
   * COPY … TO STDOUT. postgres.js pauses the socket when the reader is slow, and resumes it when the reader asks for more;
   * a reader that has all or leaves early does not ask.
   */
  #watch(stream: Readable, ended: () => void): void {
    const resume = (): void => {
      // Lost: there is no socket any more.
      if (!this.#isLost) stream._read(0)
    }
    const push = stream.push.bind(stream)
    stream.push = (chunk: unknown) => {
      const more = stream.destroyed || push(chunk)
      if (chunk === null) {
        resume()
        ended()
      }
      return more
    }
    stream.once('close', resume)
  }
}
