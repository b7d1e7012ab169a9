import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'

export interface ActorStates {
  /** Ids of the states that a machine is in, the innermost last. */
  readonly states: readonly string[]
  readonly leaves: readonly string[]
}

export function statesOf(snapshot: AnyMachineSnapshot): ActorStates {
  const nodes = snapshot._nodes ?? []
  const inner = nodes.filter(({ parent }) => parent !== undefined)
  return {
    states: inner.map(({ id }) => id),
    leaves: inner.filter(({ states }) => Object.keys(states).length === 0).map(({ id }) => id),
  }
}

/** Of a machine, or of a pool, which keeps them outside of its snapshot. */
export function childrenOf(snapshot: AnyMachineSnapshot): Iterable<AnyActorRef> {
  const { pool } = snapshot as { readonly pool?: Iterable<AnyActorRef> }
  return pool ?? Object.values((snapshot.children ?? {}) as Readonly<Record<string, AnyActorRef>>)
}

/** The id of its machine; `pool`: it only keeps children; `work`: a promise. */
export function kindOf(ref: AnyActorRef): string {
  const { logic } = ref as unknown as { readonly logic: { readonly id?: string; readonly root?: unknown } }
  if (logic.root !== undefined) return logic.id ?? 'machine'
  return ref.id === 'firings' || ref.id === 'jobs' ? 'pool' : 'work'
}
