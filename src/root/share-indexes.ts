import type { FleetPhase } from '../../machines/watcher.machine.ts'
import type { Runtime } from './runtime.ts'

const sharing = new WeakSet<Runtime>()

/**
 * Where several processes share the indexes: has those started here that become free, and tells the chart when all of the fleet are at
 * their heads. Idempotent.
 */
export function shareIndexes(runtime: Runtime): void {
  const { config, closing, fleet, indexes, leases, logger, root } = runtime
  if (!leases.areSpread || sharing.has(runtime)) return
  sharing.add(runtime)
  const unlisten = fleet.listen((phase: FleetPhase) =>
    root.ask({ type: 'FLEET', synchronized: phase === 'synchronized' }),
  )
  closing.signal.addEventListener('abort', unlisten)
  const takeOver = async (name: string): Promise<void> => {
    const index = config.indexes?.[name]
    if (index === undefined) return
    // It stands where the other process left it.
    await fleet.begin([name])
    indexes.takeOver(name, index)
  }
  const start = (name: string): void => {
    takeOver(name).catch((error: unknown) => {
      if (!closing.signal.aborted) root.fatal(error)
    })
  }
  leases.listen(start)
  for (const name of leases.indexes) {
    if (indexes.follower(name) !== undefined) root.ask({ type: 'INDEX_ADDED', index: name })
    // Taken while this process opened.
    else start(name)
  }
  logger.debug('indexes are shared with other processes', { indexes: leases.indexes })
}
