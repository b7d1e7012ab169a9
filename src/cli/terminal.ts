import type { Logger } from '../logger.ts'
import { createLineWriter, type LineWriter } from './line-writer.ts'
import { createLogger } from './logger.ts'
import { wantsColor, type OutputStream } from './output-stream.ts'

/** What a command prints with. */
export interface Terminal {
  readonly out: OutputStream
  readonly writer: LineWriter
  readonly logger: Logger
  readonly color: boolean
  readonly json: boolean
}

export interface TerminalOptions {
  readonly out: OutputStream
  readonly json: boolean
  readonly debug: boolean
}

/** Events and log lines share one stream and one writer, so that none lands in the middle of another. */
export function createTerminal({ out, json, debug }: TerminalOptions): Terminal {
  const writer = createLineWriter(out)
  const color = wantsColor(out)
  const logger = createLogger({ writer, json, color, least: debug ? 'debug' : 'info' })
  return { out, writer, logger, color, json }
}
