import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import { watchSystem, type SystemEvent } from '../watch-system.ts'
import { childrenOf, kindOf, statesOf, type ActorStates } from './actor-states.ts'
import type { ShownActor, ShownTransition } from './shown.ts'
import { TransitionLog } from './transition-log.ts'

interface Watched extends ActorStates {
  readonly ref: AnyActorRef
  readonly parent: string | undefined
  readonly kind: string
  /** Of the snapshot that was seen last; the same array where no state was entered. */
  readonly nodes: unknown
  readonly since: number
}

export interface ActorChanges {
  readonly actors: readonly ShownActor[]
  readonly gone: readonly string[]
  readonly transitions: readonly ShownTransition[]
}

/**
 * The actors below one root, and what their machines do, as long as it is started; else XState has no observer of ours, and
 * does nothing for us. Actors of a system that the root is only a part of are not seen.
 */
export class ActorWatch {
  readonly #root: AnyActorRef
  readonly #now: () => number
  readonly #actors = new Map<string, Watched>()
  readonly #changed = new Set<string>()
  readonly #log = new TransitionLog()
  #gone: string[] = []
  #unwatch: (() => void) | undefined

  constructor(root: AnyActorRef, now: () => number) {
    this.#root = root
    this.#now = now
  }

  start(): void {
    this.stop()
    this.#unwatch = watchSystem(this.#root, (event) => this.#hear(event))
    this.#add(this.#root, undefined)
    this.#changed.clear()
  }

  stop(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#actors.clear()
    this.#changed.clear()
    this.#log.clear()
    this.#gone = []
  }

  all(): readonly ShownActor[] {
    return [...this.#actors].map(([id, actor]) => show(id, actor))
  }

  get transitions(): readonly ShownTransition[] {
    return this.#log.recent
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
    const changes = { actors, gone: this.#gone, transitions: this.#log.take() }
    this.#changed.clear()
    this.#gone = []
    return changes
  }

  #hear(event: SystemEvent): void {
    const ref = event.actorRef as AnyActorRef
    if (event.type === '@xstate.actor') {
      const parent = ref._parent?.sessionId
      // Its children are heard of by themselves, and its snapshot is not there yet.
      if (parent !== undefined && this.#actors.has(parent))
        this.#enter(ref, parent, { nodes: undefined, states: [], leaves: [] })
    } else if (event.type === '@xstate.snapshot') {
      const actor = this.#actors.get(ref.sessionId)
      if (actor !== undefined) this.#moved(actor, event.snapshot as AnyMachineSnapshot, event.event.type)
    }
  }

  #moved(actor: Watched, snapshot: AnyMachineSnapshot, event: string): void {
    const { ref, kind, nodes, leaves: from } = actor
    const { sessionId: id, id: name } = ref
    if (snapshot._nodes !== nodes) {
      const [states, time] = [statesOf(snapshot), this.#now()]
      this.#actors.set(id, { ...actor, ...states, nodes: snapshot._nodes, since: time })
      this.#changed.add(id)
      if (from.length > 0)
        this.#log.note({ time, actor: id, name, machine: kind, event, from, to: states.leaves })
    }
    if (snapshot.status !== 'active') this.#leave(id)
  }

  #enter(ref: AnyActorRef, parent: string | undefined, states: ActorStates & { nodes: unknown }): void {
    this.#actors.set(ref.sessionId, { ref, parent, kind: kindOf(ref), since: this.#now(), ...states })
    this.#changed.add(ref.sessionId)
  }

  /** One that runs already, with all below it. */
  #add(ref: AnyActorRef, parent: string | undefined): void {
    const snapshot = ref.getSnapshot() as AnyMachineSnapshot | undefined
    if (snapshot === undefined || snapshot.status !== 'active') return
    this.#enter(ref, parent, { nodes: snapshot._nodes, ...statesOf(snapshot) })
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

const show = (id: string, { ref, parent, kind, states, since }: Watched): ShownActor => ({
  id,
  parent,
  // What has no name of its own has its session's, which says nothing.
  name: ref.id === id ? kind : ref.id,
  kind,
  states,
  since,
})
