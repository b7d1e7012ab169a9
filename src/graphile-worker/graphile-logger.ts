import type * as Graphile from 'graphile-worker'
import type { Logger } from '../logger.ts'

const LOUD: ReadonlySet<string> = new Set(['error', 'warning'])

/** What graphile-worker tells goes where Pawl's messages go: it tells much, so that only its errors and warnings are seen. */
export function graphileLogger({ Logger: GraphileLogger }: typeof Graphile, logger: Logger): Graphile.Logger {
  return new GraphileLogger(() => (level, message) => {
    const text = `graphile-worker: ${message}`
    if (LOUD.has(level)) logger.warn(text)
    else logger.debug(text)
  })
}
