import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent, Subscription } from 'xstate'
import type { ShownActor, ShownTransition } from './protocol.ts'

interface Watched {
  readonly ref: AnyActorRef
  readonly parent: string | undefined
  readonly kind: string
  /** Of the snapshot that was seen last; the same array where no state was entered. */
  nodes: unknown
  states: readonly string[]
  leaves: readonly string[]
  since: number
}

export interface ActorChanges {
  readonly actors: readonly ShownActor[]
  readonly gone: readonly string[]
  readonly transitions: readonly ShownTransition[]
  readonly leftOut: number
}

/** A person reads a few; a second of the busiest root has thousands. */
const MOST_TRANSITIONS = 100

/**
 * The actors below one root, and what their machines do, as long as it is started; else XState has no observer of ours, and
 * does nothing for us. Actors of a system that the root is only a part of are not seen.
 */
export class ActorWatch {
  readonly #root: AnyActorRef
  readonly #now: () => number
  readonly #actors = new Map<string, Watched>()
  readonly #changed = new Set<string>()
  #gone: string[] = []
  #transitions: ShownTransition[] = []
  #recent: ShownTransition[] = []
  #leftOut = 0
  #n = 0
  #subscription: Subscription | undefined

  constructor(root: AnyActorRef, now: () => number) {
    this.#root = root
    this.#now = now
  }

  start(): void {
    this.stop()
    // An observer that throws leaves an actor in the middle of its transition: `guardActor` sees to it that none does.
    this.#subscription = this.#root.system.inspect((event) => this.#hear(event))
    this.#add(this.#root, undefined)
    this.#changed.clear()
  }

  stop(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
    this.#actors.clear()
    this.#changed.clear()
    this.#gone = []
    this.#transitions = []
    this.#recent = []
    this.#leftOut = 0
  }

  all(): readonly ShownActor[] {
    return [...this.#actors].map(([id, actor]) => show(id, actor))
  }

  get transitions(): readonly ShownTransition[] {
    return this.#recent
  }

  find(id: string): AnyActorRef | undefined {
    return this.#actors.get(id)?.ref
  }

  /** What has changed since it was called before. An actor that came and went in between is in none of it. */
  take(): ActorChanges {
    this.#sweep()
    const actors = [...this.#changed].flatMap((id) => {
      const actor = this.#actors.get(id)
      return actor === undefined ? [] : [show(id, actor)]
    })
    const changes = { actors, gone: this.#gone, transitions: this.#transitions, leftOut: this.#leftOut }
    this.#recent = [...this.#recent, ...this.#transitions].slice(-MOST_TRANSITIONS)
    this.#changed.clear()
    this.#gone = []
    this.#transitions = []
    this.#leftOut = 0
    return changes
  }

  #hear(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') {
      const ref = event.actorRef as AnyActorRef
      const parent = ref._parent?.sessionId
      // Its children are heard of by themselves, and its snapshot is not there yet.
      if (parent !== undefined && this.#actors.has(parent)) this.#enter(ref, parent)
    } else if (event.type === '@xstate.snapshot') {
      const actor = this.#actors.get(event.actorRef.sessionId)
      if (actor !== undefined) this.#moved(actor, event.snapshot as AnyMachineSnapshot, event.event.type)
    }
  }

  #moved(actor: Watched, snapshot: AnyMachineSnapshot, event: string): void {
    const id = actor.ref.sessionId
    if (snapshot._nodes !== actor.nodes) {
      const { states, leaves } = statesOf(snapshot)
      const from = actor.leaves
      const isNew = from.length === 0
      actor.nodes = snapshot._nodes
      actor.states = states
      actor.leaves = leaves
      actor.since = this.#now()
      this.#changed.add(id)
      if (!isNew) this.#note(actor, event, from, leaves)
    }
    if (snapshot.status !== 'active') this.#leave(id)
  }

  #note(actor: Watched, event: string, from: readonly string[], to: readonly string[]): void {
    this.#n += 1
    if (this.#transitions.length >= MOST_TRANSITIONS) {
      this.#leftOut += 1
      return
    }
    const { ref, kind, since } = actor
    const { sessionId, id: name } = ref
    this.#transitions.push({
      n: this.#n,
      time: since,
      actor: sessionId,
      name,
      machine: kind,
      event,
      from,
      to,
    })
  }

  #enter(ref: AnyActorRef, parent: string | undefined): void {
    const actor = {
      ref,
      parent,
      kind: kindOf(ref),
      nodes: undefined,
      states: [],
      leaves: [],
      since: this.#now(),
    }
    this.#actors.set(ref.sessionId, actor)
    this.#changed.add(ref.sessionId)
  }

  /** One that runs already, with all below it. */
  #add(ref: AnyActorRef, parent: string | undefined): void {
    const snapshot = ref.getSnapshot() as AnyMachineSnapshot | undefined
    if (snapshot === undefined || snapshot.status !== 'active') return
    this.#enter(ref, parent)
    const actor = this.#actors.get(ref.sessionId)
    if (actor !== undefined && snapshot._nodes !== undefined) {
      Object.assign(actor, { nodes: snapshot._nodes, ...statesOf(snapshot) })
    }
    for (const child of childrenOf(snapshot)) this.#add(child, ref.sessionId)
  }

  #leave(id: string): void {
    // One that nobody was told of need not be taken back.
    const wasTold = !this.#changed.delete(id) || (this.#actors.get(id)?.states.length ?? 0) > 0
    if (this.#actors.delete(id) && wasTold) this.#gone.push(id)
  }

  /** An actor whose logic threw has ended without a snapshot that is told of. */
  #sweep(): void {
    for (const [id, { ref }] of this.#actors) {
      if ((ref.getSnapshot() as { readonly status?: string } | undefined)?.status !== 'active')
        this.#leave(id)
    }
  }
}

/** Of a machine, or of a pool, which keeps them outside of its snapshot. */
function childrenOf(snapshot: AnyMachineSnapshot): Iterable<AnyActorRef> {
  const { pool } = snapshot as { readonly pool?: Iterable<AnyActorRef> }
  return pool ?? Object.values((snapshot.children ?? {}) as Readonly<Record<string, AnyActorRef>>)
}

function statesOf(snapshot: AnyMachineSnapshot): {
  readonly states: readonly string[]
  readonly leaves: readonly string[]
} {
  const nodes = snapshot._nodes ?? []
  const inner = nodes.filter(({ parent }) => parent !== undefined)
  return {
    states: inner.map(({ id }) => id),
    leaves: inner.filter(({ states }) => Object.keys(states).length === 0).map(({ id }) => id),
  }
}

function kindOf(ref: AnyActorRef): string {
  const { logic } = ref as unknown as { readonly logic: { readonly id?: string; readonly root?: unknown } }
  if (logic.root !== undefined) return logic.id ?? 'machine'
  return ref.id === 'firings' || ref.id === 'jobs' ? 'pool' : 'work'
}

const show = (id: string, { ref, parent, kind, states, since }: Watched): ShownActor => ({
  id,
  parent,
  name: ref.id,
  kind,
  states,
  since,
})
