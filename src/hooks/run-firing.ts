import type { Clock } from '../clock.ts'
import {
  CallbackError,
  CallbackTypeError,
  ConfigurationError,
  FiringLostError,
  StoppingError,
  UnknownHookError,
} from '../errors.ts'
import type { EmitPawlEvent } from '../events.ts'
import type { Logger } from '../logger.ts'
import type { FiringClaims } from './firing-claims.ts'
import type { QueuedFiring } from './queued-firing.ts'
import type { Hook } from './hook.ts'
import { reasonOf } from '../text/reason-of.ts'

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
  /** Does this process go on? Then a failure that could not be stored is stored later. */
  readonly goesOn?: () => boolean
}

/** ms until what could not be stored is tried again. */
const PATIENCE = 1_000

/** What another run would not change. */
const HOPELESS = [CallbackTypeError, ConfigurationError, UnknownHookError]

/**
 * Runs a durable firing to its end, whatever that is, and notes that: it is done, is tried again later, or is dead. Never rejects.
 */
export async function runFiring(
  firing: QueuedFiring,
  hook: Hook,
  options: RunFiringOptions,
  watch: FiringWatch = {},
): Promise<void> {
  const { claims, run } = options
  try {
    if (firing.attempts >= hook.retry.attempts) await failed(firing, hook, spent(firing), options)
    else await run(firing, watch.ended)
  } catch (error) {
    watch.failed?.()
    const note = (): Promise<void> =>
      error instanceof FiringLostError ? claims.release([firing.id]) : failed(firing, hook, error, options)
    await untilStored(note, firing, options, watch)
  }
}

/** Until then it is this process's, and of a hook that runs one at a time the others wait: they come after it. */
async function untilStored(
  note: () => Promise<void>,
  { hook }: QueuedFiring,
  { clock, logger }: RunFiringOptions,
  { goesOn = () => false }: FiringWatch,
): Promise<void> {
  for (;;) {
    try {
      return await note()
    } catch (error) {
      // It is still on the queue, or is found there as this process's when that is gone.
      logger.warn(`the failure of hook "${hook}" could not be stored`, { error })
    }
    if (goesOn()) await new Promise<void>((resolve) => clock.setTimeout(resolve, PATIENCE))
    if (!goesOn()) return
  }
}

async function failed(
  firing: QueuedFiring,
  hook: Hook,
  error: unknown,
  { claims, clock, emit }: RunFiringOptions,
): Promise<void> {
  const { id, origin } = firing
  const { attempts, delay } = judge(firing, hook, error)
  const dueAt = delay === undefined ? undefined : new Date(clock.now() + delay)
  const fate = await claims.fail(firing, { attempts, error: reasonOf(error), dueAt })
  const event = { firing: id, hook: firing.hook, origin }
  // Of one that is to be undone its compensation tells; one that is gone, or another process's, is told of there.
  if (fate === 'dropped') emit({ type: 'hook.dropped', ...event })
  if (fate === 'dead') emit({ type: 'hook.dead', ...event, error, attempts })
  if (fate !== 'retrying' || delay === undefined || error instanceof StoppingError) return
  emit({ type: 'hook.retrying', ...event, error, attempt: attempts, delay })
}

/** How many attempts it has had, and after how many ms it has the next one; undefined: none. */
function judge(
  { attempts }: QueuedFiring,
  { retry }: Hook,
  error: unknown,
): { readonly attempts: number; readonly delay: number | undefined } {
  if (error instanceof StoppingError) return { attempts, delay: 0 }
  const attempt = attempts >= retry.attempts ? attempts : attempts + 1
  const hopeless = HOPELESS.some((kind) => error instanceof kind)
  if (hopeless || attempt >= retry.attempts) return { attempts: attempt, delay: undefined }
  // Not infinite: a delay of 0 is 0 after thousands of attempts, too.
  const seconds = Math.min(retry.delay * 2 ** Math.min(attempts, 1_000), retry.maxDelay)
  return { attempts: attempt, delay: seconds * 1_000 }
}

/** It has had its attempts already: they were lowered since, or the last one ended with its process. */
function spent({ hook, id, attempts, error }: QueuedFiring): Error {
  const hint = '`pawl hooks retry` lets it run again.'
  if (error !== null) return new CallbackError(error, { hint })
  return new FiringLostError(
    `firing ${id} of hook "${hook}" was begun ${attempts} times, and its process ended each time before it did`,
    { hint },
  )
}
