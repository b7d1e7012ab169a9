import type { AnyActorRef, EventObject } from 'xstate'
import { callGuarded, type ReportFault } from './guard-logger.ts'

type Listener = (event: EventObject) => unknown

/** What XState has, but does not declare. */
interface Inspected {
  _sendInspectionEvent?: (event: unknown) => void
}

const guardedSystems = new WeakSet<object>()

/**
 * Keeps what users pass to an actor from ending or wedging it. XState makes an uncaught exception of what a listener
 * throws, and an `inspect` callback that throws leaves an actor in the middle of its transition: it takes no event any
 * more, and nobody is told.
 */
export function guardActor(actor: AnyActorRef, report: ReportFault): void {
  guardListeners(actor, report)
  const system = actor.system as Inspected
  if (guardedSystems.has(system)) return
  guardedSystems.add(system)
  guardInspection(system, report)
}

function guardListeners(actor: AnyActorRef, report: ReportFault): void {
  const on = actor.on.bind(actor) as (type: string, listener: Listener) => { unsubscribe(): void }
  const guarded = (type: string, listener: Listener) =>
    on(type, (event) => {
      callGuarded(() => listener(event), `a listener of root.on('${type}') threw`, report)
    })
  Object.assign(actor, { on: guarded })
}

function guardInspection(system: Inspected, report: ReportFault): void {
  const send = system._sendInspectionEvent
  if (send === undefined) return
  let told = false
  // Once: one that throws on each event would fill the log.
  const reportOnce: ReportFault = (what, error) => {
    if (!told) report(what, error)
    told = true
  }
  system._sendInspectionEvent = (event) =>
    callGuarded(() => send(event), 'the inspect callback threw', reportOnce)
}
