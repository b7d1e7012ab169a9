import { StoppingError } from '../errors.ts'
import type { Firing } from '../hooks/context.ts'
import type { LightSignal } from '../light-signal.ts'
import { work } from '../work.ts'
import type { Runtime } from './runtime.ts'

interface FiringWork {
  readonly firing: Firing
  readonly run: (signal: LightSignal) => Promise<void>
}

/** One run of a hook, as an actor: seen by inspectors, aborted when the pool stops. */
const firingLogic = work<FiringWork, void>(({ run }, { light }) => run(light.signal))

/** Runs a firing as a child of the hooks actor; settles as the firing does. */
export function trackFiring(
  runtime: Runtime,
  firing: Firing,
  run: (signal: LightSignal) => Promise<void>,
): Promise<void> {
  const { firings } = runtime
  if (firings === undefined) {
    return Promise.reject(new StoppingError(`hook "${firing.hook}" cannot run: Pawl has not started`))
  }
  return new Promise((resolve, reject) => {
    // Settled by the work and not by the actor: an actor that is stopped says nothing any more. Nor does a callback that
    // ignores its signal: it is cut off, and what it still does is rolled back with its session.
    const settle = async (signal: LightSignal): Promise<void> => {
      const cutOff = (): void =>
        reject(new StoppingError(`hook "${firing.hook}" was cut off: Pawl stopped before it had ended`))
      signal.addEventListener('abort', cutOff)
      try {
        await run(signal)
        resolve()
      } catch (error) {
        reject(error)
      } finally {
        signal.removeEventListener('abort', cutOff)
      }
    }
    firings.spawn(firingLogic, { id: `${firing.hook}: ${firing.id}`, input: { firing, run: settle } })
  })
}
