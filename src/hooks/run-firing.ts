import type { Clock } from '../clock.ts'
import { CallbackTypeError, FiringLostError, StoppingError, UnknownHookError } from '../errors.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { FiringClaims } from './firing-claims.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { Hook } from './hook.ts'
import { reasonOf } from './reason-of.ts'

export interface RunFiringOptions {
  readonly claims: FiringClaims
  readonly clock: Clock
  readonly logger: Logger
  readonly emit: EmitPawlEvent
  /**
   * Runs it, and takes it off the queue: in one transaction where the hook is atomic. Rejects when it failed.
   * @param ended when its callback has, and before it is taken off, where the hook is not atomic
   */
  readonly run: (firing: QueuedFiring, ended?: () => void) => Promise<void>
}

export interface FiringWatch {
  /** Before its failure is noted. */
  readonly failed?: () => void
  /** Where all is well, before it is noted. */
  readonly ended?: () => void
}

/**
 * Runs a durable firing to its end, whatever that is, and notes that: it is done, is tried again later, or is dead. Never rejects.
 */
export async function runFiring(
  firing: QueuedFiring,
  hook: Hook,
  options: RunFiringOptions,
  watch: FiringWatch = {},
): Promise<void> {
  const { claims, run, logger } = options
  try {
    if (firing.attempts >= hook.retry.attempts) await failed(firing, hook, neverEnded(firing), options)
    else await run(firing, watch.ended)
  } catch (error) {
    watch.failed?.()
    const noted =
      error instanceof FiringLostError ? claims.release([firing.id]) : failed(firing, hook, error, options)
    await noted.catch((failure: unknown) => {
      // It is still on the queue, or is found there as this process's when that is gone.
      logger.warn(`the failure of hook "${firing.hook}" could not be stored`, { error: failure })
    })
  }
}

async function failed(
  firing: QueuedFiring,
  hook: Hook,
  error: unknown,
  { claims, clock, emit }: RunFiringOptions,
): Promise<void> {
  const { id, attempts, origin } = firing
  const event = { firing: id, hook: firing.hook, origin, error }
  if (error instanceof StoppingError) {
    return claims.fail(firing, { attempts, error: reasonOf(error), dueAt: new Date(clock.now()) })
  }
  const spent = attempts >= hook.retry.attempts
  const attempt = spent ? attempts : attempts + 1
  const hopeless = error instanceof CallbackTypeError || error instanceof UnknownHookError
  if (hopeless || attempt >= hook.retry.attempts) {
    await claims.fail(firing, { attempts: attempt, error: reasonOf(error), dueAt: undefined })
    emit({ type: 'hook.dead', ...event, attempts: attempt })
    return
  }
  // Not infinite: a delay of 0 is 0 after thousands of attempts, too.
  const delay = Math.min(hook.retry.delay * 2 ** Math.min(attempts, 1_000), hook.retry.maxDelay) * 1_000
  const dueAt = new Date(clock.now() + delay)
  await claims.fail(firing, { attempts: attempt, error: reasonOf(error), dueAt })
  emit({ type: 'hook.retrying', ...event, attempt, delay })
}

/** Its last run did not fail: it ended with its process. */
function neverEnded({ hook, id, attempts }: QueuedFiring): FiringLostError {
  return new FiringLostError(
    `firing ${id} of hook "${hook}" was begun ${attempts} times, and its process ended each time before it did`,
    { hint: '`pawl hooks retry` lets it run again.' },
  )
}
