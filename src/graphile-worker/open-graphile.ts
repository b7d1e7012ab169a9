import type { GraphileWorkerOptions } from '../graphile-worker.ts'
import { ConfigurationError } from '../errors.ts'
import type { ExecutorProject, OpenExecutor } from '../hooks/executor.ts'
import { GraphileDeliveries } from './graphile-deliveries.ts'
import { graphileLogger } from './graphile-logger.ts'
import { GraphileMessages } from './graphile-messages.ts'
import { GraphileSessions } from './graphile-sessions.ts'

/** Makes graphile-worker's tables where they are not. @throws ConfigurationError where the package is not installed */
export async function openGraphile(
  options: GraphileWorkerOptions,
  { database, hooks, logger }: ExecutorProject,
): Promise<OpenExecutor> {
  const graphile = await load()
  const { concurrency = 10, schema = 'graphile_worker' } = options
  const settings = { schema, logger: graphileLogger(graphile, logger) }
  // So that its sessions are ended together with Pawl's when this process is given up.
  const url = withApplicationName(database.connectionUrl(), database.sessions)
  const migrating = new GraphileSessions({ url, size: 1 })
  try {
    await graphile.runMigrations({ ...settings, pgPool: migrating.pool })
  } finally {
    migrating.close()
  }
  const messages = new GraphileMessages(database, schema, options)
  await messages.prepare(Object.keys(hooks))
  return {
    concurrency,
    message: (sql, hook, firing) => messages.add(sql, hook, firing),
    unheard: (names) => messages.unheard(names),
    send: (wanted) => messages.send(wanted),
    release: (sql, receivers) => messages.release(sql, receivers),
    start: async (work, names) => {
      const deliveries = new GraphileDeliveries({
        graphile,
        settings,
        url,
        concurrency,
        tasks: Object.keys(hooks).map((hook) => [messages.task(hook), () => work(hook)] as const),
        logger,
        names,
      })
      await deliveries.start()
      return deliveries
    },
  }
}

async function load() {
  try {
    return await import('graphile-worker')
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    const message = 'graphileWorker(…) needs the package graphile-worker, which is not installed'
    throw new ConfigurationError([{ path: 'executor', message }], {
      cause: error,
      // Its 0.18 needs Node 22.18.
      hint: isOlder(22, 18) ? 'npm install graphile-worker@^0.17.3' : 'npm install graphile-worker',
    })
  }
}

function isOlder(major: number, minor: number): boolean {
  const [ours = 0, minors = 0] = process.versions.node.split('.').map(Number)
  return ours < major || (ours === major && minors < minor)
}

const withApplicationName = (url: string, name: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}application_name=${encodeURIComponent(name)}`
