import { basename } from 'node:path'
import type { RootLine } from '../../machines/root.machine.ts'
import type { Config } from '../config/config.ts'
import { systemClock } from '../clock.ts'
import { callGuarded, faultReporter } from '../guard-logger.ts'
import { SYSTEM_HOOKS } from '../hooks/hook.ts'
import { FailedIndexes } from '../inspector/failed-indexes.ts'
import type { HealthReport } from '../inspector/health.ts'
import type { Inspected } from '../inspector/inspected.ts'
import type { HttpServer } from '../inspector/http-server.ts'
import { noteInspector } from '../inspector/inspector-file.ts'
import type { InspectorOptions } from '../inspector/inspector-options.ts'
import { Metrics } from '../inspector/metrics.ts'
import { openMonitoring, type Monitored } from '../inspector/monitoring.ts'
import type { Inspector } from '../inspector/open-inspector.ts'
import { sharedRead } from '../inspector/shared-read.ts'
import { explainSchedule } from '../jobs/explain-schedule.ts'
import type { Logger } from '../logger.ts'
import { ownVersion } from '../own-package.ts'
import type { Runtime } from './runtime.ts'
import { storedState } from './stored-state.ts'

/** What shows a root to those outside of its process. */
export interface OutsideView {
  /** The project's own folder may be written from here on. */
  note(): void
  /** @param error why, if it was none of the running root */
  close(error?: unknown): Promise<void>
}

interface Seen {
  readonly config: Config
  readonly directory: string
  readonly logger: Logger
  readonly root: RootLine
  readonly runtime: () => Runtime | undefined
}

/**
 * Opens `monitoring` and `inspector`, where the config has them: also before the runtime is there. Nothing is counted or kept for
 * a root at which nobody can look.
 * @throws ConfigurationError when a port cannot be used
 */
export async function openOutsideView(seen: Seen): Promise<OutsideView> {
  const { config, directory, logger } = seen
  const { monitoring, inspector: wanted = false } = config
  if (monitoring === undefined && wanted === false) return { note() {}, close: async () => {} }
  const { monitored, endMeasuring } = measure(seen)
  let server: HttpServer | undefined
  try {
    if (monitoring !== undefined) server = await openMonitoring(monitoring, monitored)
  } catch (error) {
    endMeasuring()
    throw error
  }
  if (server !== undefined)
    logger.info(`health at ${server.url}/health and /ready, metrics at ${server.url}/metrics`)
  const closeMonitoring = async (): Promise<void> => {
    endMeasuring()
    await server?.close()
  }
  if (wanted === false) return { note() {}, close: closeMonitoring }

  const options: InspectorOptions = wanted === true ? {} : wanted
  let inspector: Inspector
  try {
    // Its code is only for those who want it.
    const { openInspector } = await import('../inspector/open-inspector.ts')
    inspector = await openInspector(options, inspect(seen, monitored))
  } catch (error) {
    await closeMonitoring()
    throw error
  }
  const url = `${inspector.url}/#token=${inspector.token}`
  logger.info(`inspector at ${inspector.url}; \`pawl inspect\` prints its address with the token`)
  let forget: (() => void) | undefined
  const report = faultReporter(config.logger)
  if (options.onOpen !== undefined) callGuarded(() => options.onOpen?.(url), 'inspector.onOpen threw', report)
  return {
    note() {
      forget = callGuarded(
        () => noteInspector(directory, url),
        'the inspector could not be noted in .pawl/',
        report,
      )
    },
    async close(error) {
      await inspector.close(error)
      forget?.()
      await closeMonitoring()
    },
  }
}

/** ms. Those who scrape give up after ten seconds, and often before. */
const COUNTING = 1_000

function measure({ config, root, runtime }: Seen): {
  readonly monitored: Monitored
  readonly endMeasuring: () => void
} {
  const metrics = new Metrics({
    version: ownVersion(),
    hooks: [...Object.keys(config.hooks ?? {}), ...SYSTEM_HOOKS.filter((name) => config[name] !== undefined)],
    jobs: Object.keys(config.jobs ?? {}),
    // That of the times that it measures.
    clock: { now: () => (runtime()?.clock ?? config.clock ?? systemClock).now() },
  })
  const failed = new FailedIndexes()
  root.listen((event) => {
    metrics.count(event)
    failed.hear(event)
  })
  const report = (): HealthReport => ({
    state: root.state(),
    indexes: runtime()?.statuses() ?? {},
    failed: failed.names,
  })
  const counts = sharedRead(async () => runtime()?.firingStore.counts(), COUNTING)
  const monitored: Monitored = {
    report,
    metrics: async () => {
      // Without a database the rest is worth the more.
      const queue = await counts()
      return metrics.write({ ...report(), holdsLease: runtime()?.roles.has('indexer') === true, queue })
    },
  }
  return { monitored, endMeasuring: () => metrics.close() }
}

function inspect({ config, directory, root, runtime }: Seen, monitored: Monitored): Inspected {
  let stored: ReturnType<typeof storedState> | undefined
  return {
    ...monitored,
    name: basename(directory),
    schema: config.schema ?? 'public',
    hooks: config.hooks ?? {},
    root: {
      actor: root.actor,
      fireHook: ({ queue, ...firing }) =>
        root.ask({ type: 'FIRE_HOOK', ...firing, ...(queue ? { wait: false } : {}) }),
      stop: () => root.ask({ type: 'STOP' }),
    },
    now: () => (runtime()?.clock ?? config.clock ?? systemClock).now(),
    state: () => root.state(),
    indexes: () => runtime()?.statuses() ?? {},
    stored: () => {
      const opened = runtime()
      return (stored ??= opened === undefined ? undefined : storedState(opened))
    },
    explain: explainSchedule,
    listen: (listener) => root.listen(listener),
  }
}
