import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'

/** The version of `@statelyai/inspect` whose messages these are. */
const VERSION = '0.7.2'

interface Message {
  readonly sessionId: string
  readonly rootId: string
  readonly createdAt: string
  readonly id: null
  readonly _version: string
}

/** What of a snapshot is told: contexts hold connections, and passwords. */
export interface ToldSnapshot {
  readonly status: string
  readonly value?: unknown
  readonly context: unknown
}

/** What the hosted Stately Inspector takes by `postMessage`. */
export type StatelyMessage = Message &
  (
    | {
        readonly type: '@xstate.actor'
        readonly name: string
        readonly parentId: string | undefined
        /** JSON of the machine's config; of any other actor, its name. */
        readonly definition: string
        readonly snapshot: ToldSnapshot
      }
    | { readonly type: '@xstate.event'; readonly event: ToldEvent; readonly sourceId: string | undefined }
    | { readonly type: '@xstate.snapshot'; readonly event: ToldEvent; readonly snapshot: ToldSnapshot }
  )

export interface ToldEvent {
  readonly type: string
}

/** What is told beside names and states; by default nothing. */
export interface Telling {
  /** Of a snapshot's context. */
  readonly context?: (context: unknown, actor: AnyActorRef) => unknown
  /** Of an event's payload. */
  readonly event?: (event: ToldEvent, actor: AnyActorRef) => object
}

/** Says things about actors in the words of the hosted inspector. */
export class StatelyWriter {
  readonly #telling: Telling
  readonly #definitions = new WeakMap<object, string>()

  constructor(telling: Telling) {
    this.#telling = telling
  }

  /** @param snapshot undefined where it is only being made */
  actor(actor: AnyActorRef, snapshot: unknown): StatelyMessage {
    return {
      type: '@xstate.actor',
      ...head(actor),
      name: actor.id,
      parentId: actor._parent?.sessionId,
      definition: this.#definition(actor),
      snapshot: this.#told(actor, snapshot),
    }
  }

  event(actor: AnyActorRef, event: ToldEvent, source: string | undefined): StatelyMessage {
    return { type: '@xstate.event', ...head(actor), event: this.#event(event, actor), sourceId: source }
  }

  snapshot(actor: AnyActorRef, event: ToldEvent, snapshot: unknown): StatelyMessage {
    return {
      type: '@xstate.snapshot',
      ...head(actor),
      event: this.#event(event, actor),
      snapshot: this.#told(actor, snapshot),
    }
  }

  #event({ type, ...payload }: ToldEvent, actor: AnyActorRef): ToldEvent {
    return { ...this.#telling.event?.({ type, ...payload }, actor), type }
  }

  #told(actor: AnyActorRef, snapshot: unknown): ToldSnapshot {
    const { status = 'active', value, context } = (snapshot ?? {}) as Partial<AnyMachineSnapshot>
    return {
      status,
      ...(value === undefined ? {} : { value }),
      context: this.#telling.context?.(context, actor) ?? {},
    }
  }

  /** Of thousands of firings it is the same. */
  #definition({ id, ...actor }: AnyActorRef): string {
    const { logic } = actor as unknown as { readonly logic: { readonly config?: object } }
    if (typeof logic.config !== 'object') return JSON.stringify({ id })
    const known = this.#definitions.get(logic.config) ?? definitionOf(logic.config)
    this.#definitions.set(logic.config, known)
    return known
  }
}

const head = (actor: AnyActorRef): Message => ({
  sessionId: actor.sessionId,
  rootId: rootOf(actor).sessionId,
  createdAt: String(Date.now()),
  id: null,
  _version: VERSION,
})

function rootOf(actor: AnyActorRef): AnyActorRef {
  let root = actor
  while (root._parent !== undefined) root = root._parent
  return root
}

/** A machine's config as JSON: what is code in it goes by its name, as Stately's own tools have it. */
export function definitionOf(config: object): string {
  return JSON.stringify(config, (_key, value: unknown) =>
    typeof value === 'function' ? { type: value.name || 'inline' } : value,
  )
}
