import { CallbackTypeError, StoppingError } from '../errors.ts'
import type { Firing } from '../hooks/context.ts'
import type { LightSignal } from '../light-signal.ts'
import { describeValue } from '../text/describe-value.ts'
import { work } from '../work.ts'
import type { Runtime } from './runtime.ts'

interface FiringWork {
  readonly firing: Firing
  readonly run: (signal: LightSignal) => Promise<void>
}

/** One run of a hook, as an actor: seen by inspectors, aborted when the pool stops. */
const firingLogic = work<FiringWork, void>(({ run }, { light }) => run(light.signal))

const childId = ({ hook, id }: Pick<Firing, 'hook' | 'id'>): string => `${hook}: ${id}`

/** Why a firing of this id cannot run now: one with the id still does. Its events could not be told from the other's. */
export function sameRuns(
  { firings }: Runtime,
  firing: Pick<Firing, 'hook' | 'id'>,
): CallbackTypeError | undefined {
  if (firings?.get(childId(firing)) === undefined) return undefined
  return new CallbackTypeError(
    `hook "${firing.hook}" was not fired: a firing of it with the id ${describeValue(firing.id)} still runs`,
    {
      hint: 'Leave "id" out, or wait for the end of the other one. A second one of durable firings is the same firing.',
    },
  )
}

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
  const refused = sameRuns(runtime, firing)
  if (refused !== undefined) return Promise.reject(refused)
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
    firings.spawn(firingLogic, { id: childId(firing), input: { firing, run: settle } })
  })
}
