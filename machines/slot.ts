import { fromPromise, type ActorLogic, type ActorSystem, type EventObject, type Snapshot } from 'xstate'

/** Ask running work to come to its end soon: it settles at its next safe point instead of being cut off. */
export interface DrainEvent {
  readonly type: 'DRAIN'
}

/**
 * The shape of actors that work: they take an input, settle once, and may be asked to drain. Machines that fill a slot
 * are seen through this interface, too: their own types, nested in each other, grow to 200 kB of declarations.
 */
export type Work<Input, Output, Command extends EventObject = DrainEvent> = ActorLogic<
  Snapshot<Output>,
  Command,
  Input,
  // The actor system is whatever root the machine runs under.
  // oxlint-disable-next-line typescript/no-explicit-any
  ActorSystem<any>,
  EventObject
>

/**
 * A named place in a machine for an actor that works; `src` fills it with `machine.provide`.
 * Unfilled it fails, naming itself: a chart can be drawn and simulated without `src`, but does nothing silently.
 */
export function slot<Input, Output, Command extends EventObject = DrainEvent>(
  name: string,
): Work<Input, Output, Command> {
  return fromPromise<Output, Input>(() =>
    Promise.reject(new Error(`nothing was provided for the slot "${name}"`)),
  ) as unknown as Work<Input, Output, Command>
}
