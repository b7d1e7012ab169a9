import type { EmitPawlEvent } from '../events.ts'
import type { FiringClaims } from './firing-claims.ts'
import type { DroppedFiring, LeftFirings } from './left-firings.ts'

/** What a process had that is gone is anybody's again (`LeftFirings.recover`), and what is dropped instead is told. */
export async function recoverFirings(
  { claims, emit }: { readonly claims: FiringClaims; readonly emit: EmitPawlEvent },
  which?: Parameters<LeftFirings['recover']>[0],
): Promise<void> {
  tellDropped(await claims.left.recover(which), emit)
}

export function tellDropped(dropped: readonly DroppedFiring[], emit: EmitPawlEvent): void {
  for (const { id, hook, origin } of dropped) emit({ type: 'hook.dropped', firing: id, hook, origin })
}
