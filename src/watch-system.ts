import type { AnyActorRef, InspectionEvent } from 'xstate'

/** What XState tells of itself, before it has added the id of the root. */
export type SystemEvent = Omit<InspectionEvent, 'rootId'> & InspectionEvent

type Watcher = (event: SystemEvent) => void

/** What XState has, but does not declare. */
interface Watched {
  _sendInspectionEvent?: (event: SystemEvent) => void
}

interface Watch {
  readonly watchers: Set<Watcher>
  readonly end: () => void
}

const watchOf = new WeakMap<object, Watch>()

/**
 * As `actor.system.inspect`, for who needs no copy of each event: making these is most of what XState's own way costs. What
 * the watcher throws is passed over: else it would leave an actor in the middle of its transition.
 * @returns ends it
 */
export function watchSystem(actor: AnyActorRef, watcher: Watcher): () => void {
  const system = actor.system as Watched
  const watch = watchOf.get(system) ?? begin(system)
  watch.watchers.add(watcher)
  return () => {
    watch.watchers.delete(watcher)
    if (watch.watchers.size === 0) watch.end()
  }
}

function begin(system: Watched): Watch {
  const send = system._sendInspectionEvent
  const watchers = new Set<Watcher>()
  const tell = (event: SystemEvent): void => {
    for (const watcher of watchers) {
      try {
        watcher(event)
      } catch {
        // It is ours, and only shows.
      }
    }
    send?.(event)
  }
  const end = (): void => {
    // Somebody else has put another in its place, which calls this one: it is used again.
    if (send === undefined || system._sendInspectionEvent !== tell) return
    system._sendInspectionEvent = send
    watchOf.delete(system)
  }
  const watch = { watchers, end }
  watchOf.set(system, watch)
  system._sendInspectionEvent = tell
  return watch
}
