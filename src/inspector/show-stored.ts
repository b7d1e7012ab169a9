import type { ListedFiring } from '../hooks/firing-store.ts'
import type { JobStatus } from '../jobs/job-control.ts'
import { redact as redactText } from '../text/redact.ts'
import type { ShownFiring, ShownJob } from './protocol.ts'
import { showArguments, type Redact } from './redaction.ts'

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

export function showFiring(firing: ListedFiring, redact: Redact): ShownFiring {
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
