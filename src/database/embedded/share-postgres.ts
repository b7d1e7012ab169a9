import { resolve } from 'node:path'
import type { Logger } from '../../logger.ts'
import { startPostgres, type EmbeddedPostgres } from './start-postgres.ts'

interface Shared {
  readonly server: Promise<EmbeddedPostgres>
  users: number
}

/** Those of this process, by their folders. */
const running = new Map<string, Shared>()
/** Those that end, by their folders: the next one of a folder waits for it. */
const ending = new Map<string, Promise<void>>()

/**
 * The PostgreSQL of a folder for one of the roots of this process: started by the first, ended by the last that stops it.
 * @throws what `startPostgres` does
 */
export async function sharePostgres(directory: string, logger: Logger): Promise<EmbeddedPostgres> {
  const folder = resolve(directory)
  const shared = running.get(folder) ?? { server: start(folder, logger), users: 0 }
  running.set(folder, shared)
  shared.users += 1
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    shared.users -= 1
    if (shared.users > 0) return
    running.delete(folder)
    const ended = shared.server.then((server) => server.stop()).finally(() => ending.delete(folder))
    ending.set(folder, ended)
    await ended
  }
  try {
    const { url } = await shared.server
    return { url, stop: () => (stopping ??= stop()) }
  } catch (error) {
    // It never ran: the next one tries anew.
    if (running.get(folder) === shared) running.delete(folder)
    throw error
  }
}

async function start(directory: string, logger: Logger): Promise<EmbeddedPostgres> {
  await ending.get(directory)?.catch(() => {})
  return startPostgres({ directory, logger })
}
