import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent, Subscription } from 'xstate'
import { StatelyWriter, type StatelyMessage, type Telling } from './stately-message.ts'

type Listener = (message: StatelyMessage) => void

/**
 * What happens in a system of actors, for the hosted Stately Inspector. Whoever begins to listen – first, late, or again –
 * is told of every actor there is, with its definition and its state, before anything else. While nobody listens nothing is
 * watched and nothing kept.
 */
export class StatelyFeed {
  readonly #root: AnyActorRef
  readonly #writer: StatelyWriter
  readonly #listeners = new Set<Listener>()
  #watching: Subscription | undefined

  constructor(root: AnyActorRef, telling: Telling = {}) {
    this.#root = root
    this.#writer = new StatelyWriter(telling)
  }

  /** @returns ends it */
  listen(listener: Listener): () => void {
    for (const actor of actorsIn(this.#root)) listener(this.#writer.actor(actor, actor.getSnapshot()))
    this.#listeners.add(listener)
    this.#watching ??= this.#root.system.inspect((event) => this.#hear(event))
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#watching?.unsubscribe()
      this.#watching = undefined
    }
  }

  #hear(event: InspectionEvent): void {
    const message = this.#say(event)
    if (message === undefined) return
    for (const listener of this.#listeners) listener(message)
  }

  #say(event: InspectionEvent): StatelyMessage | undefined {
    const actor = event.actorRef as AnyActorRef
    switch (event.type) {
      case '@xstate.actor':
        // XState has no snapshot of it yet, and throws where it is asked for one.
        return this.#writer.actor(actor, undefined)
      case '@xstate.event':
        return this.#writer.event(actor, event.event, event.sourceRef?.sessionId)
      case '@xstate.snapshot':
        return this.#writer.snapshot(actor, event.event, event.snapshot)
      default:
        // Steps within a transition, of which the inspector draws nothing.
        return undefined
    }
  }
}

/** All that run, each before its children. */
function actorsIn(actor: AnyActorRef): readonly AnyActorRef[] {
  const snapshot = actor.getSnapshot() as
    | (AnyMachineSnapshot & { readonly pool?: Iterable<AnyActorRef> })
    | undefined
  if (snapshot === undefined || snapshot.status !== 'active') return []
  // A pool keeps its children outside of its snapshot's.
  const children = snapshot.pool ?? Object.values((snapshot.children ?? {}) as Record<string, AnyActorRef>)
  return [actor, ...[...children].flatMap(actorsIn)]
}
