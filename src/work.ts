import type { ActorLogic, ActorSystem, AnyActorRef, AnyEventObject, Snapshot } from 'xstate'
import type { Work } from '../machines/slot.ts'
import { LightSignal } from './light-signal.ts'

/** Two ways to be told to end. */
export interface WorkSignals {
  /** Come to the next safe point and settle there. Aborted before `signal`, or with it. */
  readonly drain: AbortSignal
  /** Nobody waits any more: cut off what runs. */
  readonly signal: AbortSignal
}

/** The same, for work of which there is much. */
export interface LightSignals extends WorkSignals {
  readonly light: { readonly drain: LightSignal; readonly signal: LightSignal }
}

class Signals implements LightSignals {
  readonly light = { drain: new LightSignal(), signal: new LightSignal() }

  get drain(): AbortSignal {
    return this.light.drain.abortSignal
  }

  get signal(): AbortSignal {
    return this.light.signal.abortSignal
  }

  abort(): void {
    this.light.drain.abort()
    this.light.signal.abort()
  }
}

const SETTLED = 'pawl.work.settled'
const FAILED = 'pawl.work.failed'

/**
 * An actor that runs `run` once. Like XState's `fromPromise`, and it can be asked to end early by the event `DRAIN`
 * while whoever invoked it still waits for the outcome: leaving a state aborts, but does not wait.
 *
 * @example
 * machine.provide({ actors: { advance: work(({ index }, signals) => follower(index).advance(signals)) } })
 */
export function work<Input, Output>(
  run: (input: Input, signals: LightSignals) => Promise<Output>,
): Work<Input, Output> {
  type State = Snapshot<Output> & { readonly input: Input | undefined }
  // The actor system is whatever root the work runs under.
  // oxlint-disable-next-line typescript/no-explicit-any
  type Logic = ActorLogic<State, AnyEventObject, Input, ActorSystem<any>>
  const running = new WeakMap<AnyActorRef, Signals>()

  const logic: Logic = {
    getInitialSnapshot: (_, input) => ({ status: 'active', output: undefined, error: undefined, input }),
    transition(state, event, { self }): State {
      if (state.status !== 'active') return state
      const { input: _, ...ended } = state
      switch (event.type) {
        case SETTLED:
          return { ...ended, status: 'done', output: event['output'] as Output, input: undefined }
        case FAILED:
          return { ...ended, status: 'error', error: event['error'], input: undefined }
        case 'xstate.stop':
          running.get(self)?.abort()
          return { ...ended, status: 'stopped', input: undefined }
        case 'DRAIN':
          running.get(self)?.light.drain.abort()
          return state
        default:
          return state
      }
    },
    start(state, { self }) {
      if (state.status !== 'active') return
      const signals = new Signals()
      running.set(self, signals)
      const settle = (event: AnyEventObject): void => {
        running.delete(self)
        // A stopped actor takes no events: whoever stopped it does not want to know.
        if (self.getSnapshot().status === 'active') self.send(event)
      }
      void Promise.resolve()
        .then(() => run(state.input as Input, signals))
        .then(
          (output) => settle({ type: SETTLED, output }),
          (error: unknown) => settle({ type: FAILED, error }),
        )
    },
    getPersistedSnapshot: (state) => state,
  }
  return logic as unknown as Work<Input, Output>
}
