import type { LightSignal } from '../light-signal.ts'
import type { Firing } from './context.ts'
import type { HookRunnerOptions } from './hook-runner-options.ts'

/** Thrown by a durable firing that is not on the queue any more. */
export const DROPPED = new Error('the firing was dropped')

/** Runs a firing as an actor, and emits its start and its end. Settles as `work` does. */
export async function tellFiring(
  firing: Firing,
  args: Readonly<Record<string, unknown>>,
  work: (signal: LightSignal) => Promise<void>,
  { clock, emit, track }: Pick<HookRunnerOptions, 'clock' | 'emit' | 'track'>,
): Promise<void> {
  const { id, hook, origin } = firing
  const started = clock.now()
  emit({ type: 'hook.started', firing: id, hook, origin, args })
  try {
    await track(firing, work)
  } catch (error) {
    if (error === DROPPED) emit({ type: 'hook.dropped', firing: id, hook, origin })
    else emit({ type: 'hook.failed', firing: id, hook, origin, duration: clock.now() - started, error })
    throw error
  }
  emit({ type: 'hook.finished', firing: id, hook, origin, duration: clock.now() - started })
}
