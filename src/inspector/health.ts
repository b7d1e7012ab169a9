import type { LifecycleState } from '../events.ts'
import type { IndexStatus } from '../hooks/context.ts'

/** How a root stands, for those who ask from outside. */
export interface HealthReport {
  readonly state: LifecycleState
  readonly indexes: Readonly<Record<string, IndexStatus>>
  /** Names of those that have stopped by an error, while others go on. */
  readonly failed: readonly string[]
}

/** Does it work? What is catching up, or standing by, works. */
export const isHealthy = ({ state }: HealthReport): boolean => state !== 'failed' && state !== 'stopped'

/** Why what is stored should not be served now: it is behind, being undone, or partly of blocks that left the chain. */
export function whyNotReady({ state, indexes, failed }: HealthReport): readonly string[] {
  const orphaned = Object.values(indexes).flatMap(({ name, orphanedFrom }) =>
    orphanedFrom === undefined
      ? []
      : [`index ${name}: rows from level ${orphanedFrom} on are of blocks that left the chain`],
  )
  return [
    ...(state === 'synchronized' ? [] : [`the state is ${state}`]),
    ...failed.map((name) => `index ${name} has stopped by an error, which the log tells`),
    ...orphaned,
  ]
}
