/** Statements that each durable firing needs, as text: they are too many to be put together each time. */
export interface ClaimTexts {
  /** Locks one that is this process's by its row, for `finish`: `$1` its id, `$2` the process, `$3` whether it is a compensation. */
  readonly lockClaimed: string
  /** Locks one that is this process's by its lane: the same, and `$4` the hook. */
  readonly lockOfLane: string
  /** Counts a run of one that is this process's by its row, before it begins: as `lockClaimed`. */
  readonly countClaimed: string
  /** The same of one that is this process's by its lane: as `lockOfLane`. */
  readonly countOfLane: string
  /** The one that this transaction has locked has run. Without parameters: it goes with COMMIT in one message. */
  readonly finish: string
  /** `$1` the ids of those that have run, `$2` the process, `$3` those that begin, as JSON: `id`, `reverting`, `claimed`. Its rows are the ids of those that may. */
  readonly notes: string
  /**
   * `$1` the ids of those that have run, `$2` a hook, `$3` how many of it are wanted, `$4` its `maxConcurrency`, `$5` until when they
   * are due, `$6` whether they are begun, `$7` the process, `$8` the name of its lock. Its rows are those that are this process's now.
   */
  readonly take: string
}

/** @param own Pawl's own schema, quoted */
export function claimTexts(own: string): ClaimTexts {
  const its = (held: string): string => `f.id = $1 and f.state = 'queued' and f.reverting = $3 and ${held}`
  const claimed = its('f.worker = $2')
  const ofLane = its(
    `f.worker is null and exists (select from ${own}.lane where lane.hook = $4 and lane.process = $2)`,
  )
  const lock = (condition: string): string =>
    `select set_config('pawl.firing', f.id::text, true), set_config('pawl.worker', $2::uuid::text, true)
      from ${own}.firing f where ${condition} for update of f`
  const count = (condition: string): string =>
    `update ${own}.firing f set attempts = attempts + 1 where ${condition}`
  return {
    lockClaimed: lock(claimed),
    lockOfLane: lock(ofLane),
    countClaimed: count(claimed),
    countOfLane: count(ofLane),
    finish: `select ${own}.finish_locked()`,
    take: `
      select f.id, f.hook, f.args, f.origin, f.attempts, f.reverting, f.due_at as "dueAt",
        f.left_behind as "leftBehind", f.error
      from ${own}.take_firings($1::text[], $2, $3, $4, $5::text::timestamptz, $6, $7::uuid, $8) f`,
    notes: `select id from ${own}.note_firings($1::text[], $3::text::json, $2::uuid) id`,
  }
}
