/** Statements that each durable firing needs, as text: they are too many to be put together each time. */
export interface ClaimTexts {
  /** Locks one that is this process's by its row: `$1` its id, `$2` the process, `$3` whether it is a compensation. */
  readonly lockClaimed: string
  /** Locks one that is this process's by its lane: the same, and `$4` the hook. */
  readonly lockOfLane: string
  /** `$1` the ids of those that have run, `$2` the process. */
  readonly finish: string
  /** The same, and `$3` those that begin, as JSON: `id`, `reverting`, `claimed`. Its rows are the ids of those that may. */
  readonly notes: string
}

/** @param own Pawl's own schema, quoted */
export function claimTexts(own: string): ClaimTexts {
  const lock = (held: string): string =>
    `select $2::uuid from ${own}.firing f where f.id = $1 and f.state = 'queued' and f.reverting = $3 and ${held} for update`
  return {
    lockClaimed: lock('f.worker = $2'),
    lockOfLane: lock(
      `f.worker is null and exists (select from ${own}.lane where lane.hook = $4 and lane.process = $2)`,
    ),
    finish: `select ${own}.finish_firings($1::text[], $2::uuid)`,
    notes: `select id from ${own}.note_firings($1::text[], $3::text::json, $2::uuid) id`,
  }
}
