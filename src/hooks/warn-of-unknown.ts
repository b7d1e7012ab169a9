import type { HookConfigs } from '../config/config.ts'
import type { Logger } from '../logger.ts'
import { listWords } from '../text/did-you-mean.ts'
import type { FiringClaims } from './firing-claims.ts'

/**
 * Tells of firings that nobody runs: of hooks that neither this process's config has nor, as far as is known, another's.
 * @param processes those that take durable firings, by hook
 */
export async function warnOfUnknown(
  {
    claims,
    hooks,
    logger,
  }: { readonly claims: FiringClaims; readonly hooks: HookConfigs; readonly logger: Logger },
  processes: () => Promise<ReadonlyMap<string, readonly string[]>>,
): Promise<void> {
  const waiting = await claims.waiting({ tell: false })
  const unknown = waiting.filter((hook) => !Object.hasOwn(hooks, hook))
  const elsewhere = unknown.length === 0 ? new Map<string, readonly string[]>() : await processes()
  const nobodys = unknown.filter((hook) => !elsewhere.has(hook))
  if (nobodys.length === 0) return
  logger.warn(`firings wait for ${listWords(nobodys)}, which the config does not have: they stay queued`)
}
