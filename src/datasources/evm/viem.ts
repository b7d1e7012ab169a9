import type * as viem from 'viem/utils'
import { ConfigurationError } from '../../errors.ts'

/** What of viem does not depend on a chain. */
export type Viem = typeof viem

/**
 * viem, for what it alone can: WebSockets, the transactions of full blocks, events whose data has no fixed size. It takes as long to
 * load as all of Pawl, and 20 MB: so it is loaded by those who need it, when they need it.
 */
export function loadViem(): Promise<Viem> {
  return import('viem/utils')
}

/** That it is missing is told at once, not when it is needed. @throws ConfigurationError */
export function requireViem(path: string, purpose: string): void {
  try {
    import.meta.resolve('viem/utils')
  } catch (cause) {
    throw new ConfigurationError(
      [{ path, message: `${purpose} needs the package viem, which is not installed` }],
      { cause, hint: 'npm install viem' },
    )
  }
}
