/** Statements that each durable firing needs, as text: they are too many to be put together each time. */
export interface ClaimTexts {
  /** Locks one that is this process's by its row: `$1` its id, `$2` the process, `$3` whether it is a compensation. */
  readonly lockClaimed: string
  /** Locks one that is this process's by its lane: the same, and `$4` the hook. */
  readonly lockOfLane: string
  /** `$1` the ids of those that have run, `$2` the process. */
  readonly finish: string
  /** The same, `$3` those that begin, as JSON: `id`, `reverting`, `claimed`, and `$4` their ids. Its rows are the ids of those that may. */
  readonly notes: string
}

/** @param own Pawl's own schema, quoted */
export function claimTexts(own: string): ClaimTexts {
  const lock = (held: string): string =>
    `select $2::uuid from ${own}.firing f where f.id = $1 and f.state = 'queued' and f.reverting = $3 and ${held} for update`
  const claimed = 'f.worker = $2'
  const ofLane = (hook: string): string =>
    `f.worker is null and exists (select from ${own}.lane where lane.hook = ${hook} and lane.process = $2)`
  const { gone, done } = finishing(own)
  return {
    lockClaimed: lock(claimed),
    lockOfLane: lock(ofLane('$4')),
    finish: `with gone as (${gone}) ${done}`,
    // Not what it was when it was read: a reorg has asked for its compensation since.
    notes: `
      with gone as (${gone}),
      done as (${done}),
      begun as (
        update ${own}.firing f set state = 'running', begun = true, attempts = attempts + 1, worker = $2
        from json_to_recordset($3::text::json) as wanted (id text, reverting boolean, claimed boolean)
        -- By their ids: from the join alone it would read all that waits, where it does not know yet how much that is.
        where f.id = any ($4::text[]) and f.id = wanted.id and f.state = 'queued' and f.reverting = wanted.reverting
          and case when wanted.claimed then ${claimed} else ${ofLane('f.hook')} end
        returning f.id)
      select id from begun`,
  }
}

/**
 * What nobody needs to know any more goes; what has a key, or may have to be undone, stays. One whose level left the chain while it
 * ran is queued for its compensation.
 */
function finishing(own: string): { readonly gone: string; readonly done: string } {
  // One that was locked without a worker is locked; one of another worker is that one's.
  const mine = `id = any ($1::text[]) and (worker is null or worker = $2) and state in ('queued', 'running')`
  return {
    gone: `
      delete from ${own}.firing
      where ${mine} and (reverting or key is null and not (reversible and (orphaned or level is not null)))
      returning id`,
    done: `
      update ${own}.firing set
        state = case when orphaned and reversible then 'queued' else 'done' end,
        reverting = orphaned and reversible,
        key = case when orphaned and reversible then null else key end,
        attempts = case when orphaned and reversible then 0 else attempts end,
        orphaned = false, error = null, ended_at = now(), worker = null
      where ${mine} and not exists (select from gone where gone.id = firing.id)`,
  }
}
