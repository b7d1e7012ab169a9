import type { EmitPawlEvent } from '../events.ts'
import type { FiringClaims } from './firing-claims.ts'

/** What a process had that is gone is anybody's again (`FiringClaims.recover`), and what is dropped instead is told. */
export async function recoverFirings(
  { claims, emit }: { readonly claims: FiringClaims; readonly emit: EmitPawlEvent },
  which?: Parameters<FiringClaims['recover']>[0],
): Promise<void> {
  for (const { id, hook, origin } of await claims.recover(which))
    emit({ type: 'hook.dropped', firing: id, hook, origin })
}
