import type { ListedFiring } from '../hooks/firing-store.ts'
import type { JobStatus } from '../jobs/job-control.ts'
import { redact as redactText } from '../text/redact.ts'
import type { StoredState } from './inspected.ts'
import { showArguments, type Redact } from './redaction.ts'
import type { ShownCounts, ShownFiring, ShownJob, ShownQueue } from './shown.ts'

/** Of those that wait, of those that run, and of the dead. */
const MOST_FIRINGS = 100

/** undefined: the database is not open. */
export async function showQueue(
  stored: StoredState | undefined,
  redact: Redact,
): Promise<ShownQueue | undefined> {
  const firings = await stored?.firings(MOST_FIRINGS)
  return firings === undefined ? undefined : { firings: firings.map((firing) => showFiring(firing, redact)) }
}

/** undefined: the database is not open. */
export async function showCounts(stored: StoredState | undefined): Promise<ShownCounts | undefined> {
  if (stored === undefined) return undefined
  const [jobs, queue] = await Promise.all([stored.jobCounts(), stored.firingCounts()])
  // Without the age of the oldest, which is another at each look.
  return { jobs, queue: queue.map(({ hook, state, count }) => ({ hook, state, count })) }
}

export function showJob(job: JobStatus, explain: (schedule: string) => string): ShownJob {
  const { name, hook, schedule, origin, paused, lastFireTime, nextFireTime, lastError } = job
  const { fired, coalesced, missed, skipped, failed, retried } = job
  return {
    name,
    hook,
    schedule,
    words: explain(schedule),
    added: origin === 'added',
    paused,
    last: lastFireTime?.getTime(),
    next: nextFireTime?.getTime(),
    fired,
    coalesced,
    missed,
    skipped,
    failed,
    retried,
    lastError: lastError === undefined ? undefined : redactText(lastError),
  }
}

function showFiring(firing: ListedFiring, redact: Redact): ShownFiring {
  const { id, hook, args, state, reverting, attempts, level, confirmations, key, dueAt, error } = firing
  return {
    id,
    hook,
    args: showArguments(args, redact),
    state,
    reverting,
    attempts,
    level: level === null ? undefined : String(level),
    confirmations,
    key: key ?? undefined,
    dueAt: dueAt.getTime(),
    error: error === null ? undefined : redactText(error),
  }
}
