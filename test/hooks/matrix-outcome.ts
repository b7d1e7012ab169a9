import {
  ATTEMPTS,
  catches,
  hasCallback,
  hasTransaction,
  LATE,
  NEVER_ENDS,
  ROLLED_BACK,
  stops,
  UNDONE,
} from './matrix-cells.ts'
import type { Cell } from './matrix-cells.ts'

export interface Failure {
  readonly code: string
  /** The classes from the error itself down its causes, up to what the user threw. */
  readonly chain: readonly string[]
}

export type Ending = 'finished' | 'cut off' | Failure

/** What is seen of a cell when all is over. */
export interface Outcome {
  /** Rows that stayed: of the callback that fired it before, of each run of the hook, and of that callback after. */
  readonly rows: readonly string[]
  /** The events of the firing, over both starts where there are two: `started`, … */
  readonly told: readonly string[]
  /** Of its `hook.failed`. */
  readonly failures: readonly Failure[]
  /** What is left of it on the durable queue. */
  readonly left: readonly string[]
  /** How the callback or job that fired it ended, or the promise of who fired it from outside. */
  readonly above: Ending
  /** Where the index stands, when a handler fired: it fires at level 1. */
  readonly level: number | undefined
}

type Run = 'finishes' | 'throws' | 'is cut off'

/** The outcome of a cell by the rules of the design, § 5. */
export function expectedOutcome(cell: Cell): Outcome {
  const runs = runsOf(cell)
  const failures = runs.flatMap((run) => failureOf(run, cell))
  // Whoever does not wait has long gone on when the hook fails.
  const reaches = cell.wait && !catches(cell) ? failures[0] : undefined
  const fails = reaches !== undefined || cell.end === ROLLED_BACK
  const stays = !(fails && hasTransaction(cell))
  const joins = cell.wait && cell.atomicity === 'atomic' && hasTransaction(cell)
  const hookStays = (run: Run): boolean =>
    cell.atomicity === 'not atomic' || (run === 'finishes' && (!joins || (stays && cell.end !== UNDONE)))
  return {
    rows: [
      ...(hasCallback(cell) && stays ? ['before'] : []),
      ...runs.filter(hookStays).map(() => 'hook'),
      ...(hasCallback(cell) && !fails ? ['after'] : []),
    ],
    told: toldOf(runs, cell),
    failures,
    left: !cell.wait && runs.at(-1) === 'throws' ? ['dead'] : [],
    above: aboveOf(cell, reaches ?? (cell.wait && !hasCallback(cell) ? failures[0] : undefined)),
    level: cell.origin === 'handler' ? levelOf(cell, stays) : undefined,
  }
}

/** How each run of its hook ends. */
function runsOf({ wait, end }: Cell): readonly Run[] {
  // What was fired in a transaction that is rolled back never runs.
  if (end === ROLLED_BACK || end === UNDONE) return wait ? ['finishes'] : []
  if (end.startsWith('throws')) return Array.from({ length: wait ? 1 : ATTEMPTS }, () => 'throws' as const)
  // It is on the queue, and runs again at the next start.
  if (end === NEVER_ENDS) return wait ? ['is cut off'] : ['is cut off', 'finishes']
  return ['finishes']
}

function toldOf(runs: readonly Run[], { wait, origin }: Cell): readonly string[] {
  const ends = runs.map((run, at) => {
    if (run === 'finishes') return ['started', 'finished']
    if (run === 'is cut off' || wait) return ['started', 'failed']
    return ['started', 'failed', at + 1 < runs.length ? 'retrying' : 'dead']
  })
  return [...(!wait && (origin === 'job' || origin === 'outside') ? ['queued'] : []), ...ends.flat()]
}

function failureOf(run: Run, { end }: Cell): Failure[] {
  if (run === 'finishes') return []
  if (run === 'is cut off') return [{ code: 'STOPPING', chain: ['StoppingError'] }]
  const thrown = end === 'throws no Error' ? '"text"' : 'UserError'
  return [{ code: 'CALLBACK', chain: ['CallbackError', thrown] }]
}

function aboveOf(cell: Cell, reaches: Failure | undefined): Ending {
  const { origin, end } = cell
  if (end === ROLLED_BACK) return { code: 'CALLBACK', chain: ['CallbackError', 'UserError'] }
  if (reaches === undefined || (origin === 'outside' && catches(cell))) return 'finished'
  // A stop is no fault of an index or a job: they go on at the next start.
  if (end === NEVER_ENDS && (origin === 'handler' || origin === 'job')) return 'cut off'
  return origin === 'handler' ? { ...reaches, chain: ['CallbackError', ...reaches.chain] } : reaches
}

function levelOf(cell: Cell, stays: boolean): number {
  if (!stays) return 0
  // A stop lets the level that runs end, and begins no other.
  return stops(cell) ? 1 : 2
}

/** It, or a run of it, is left for the next start. */
export const goesOnLater = ({ wait, end }: Cell): boolean => !wait && (end === NEVER_ENDS || end === LATE)
