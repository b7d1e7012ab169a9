/** Statements that each durable firing needs, as text: they are too many to be put together each time. */
export interface ClaimTexts {
  /** Of a firing that is this process's by its row: `$1` its id, `$2` the process, `$3` whether it is a compensation. */
  readonly claimed: RunTexts
  /** Of one that is this process's by its lane: the same, and `$4` the hook. */
  readonly ofLane: RunTexts
  /** `$1` its id, `$2` the process. */
  readonly finish: string
}

interface RunTexts {
  readonly lock: string
  readonly begin: string
}

/** @param own Pawl's own schema, quoted */
export function claimTexts(own: string): ClaimTexts {
  // Not what it was when it was read: a reorg has asked for its compensation since.
  const same = `f.id = $1 and f.state = 'queued' and f.reverting = $3`
  return {
    claimed: runTexts(own, `${same} and f.worker = $2`),
    ofLane: runTexts(
      own,
      `${same} and f.worker is null
        and exists (select from ${own}.lane where lane.hook = $4 and lane.process = $2)`,
    ),
    finish: finishText(own),
  }
}

const runTexts = (own: string, held: string): RunTexts => ({
  lock: `select $2::uuid from ${own}.firing f where ${held} for update`,
  begin: `
    update ${own}.firing f set state = 'running', begun = true, attempts = attempts + 1, worker = $2
    where ${held}`,
})

/**
 * What nobody needs to know any more goes; what has a key, or may have to be undone, stays. One whose level left the chain while it
 * ran is queued for its compensation.
 */
function finishText(own: string): string {
  // One that `lock` found without a worker is locked; one of another worker is that one's.
  const mine = `id = $1 and (worker is null or worker = $2) and state in ('queued', 'running')`
  return `
    with gone as (
      delete from ${own}.firing
      where ${mine} and (reverting or key is null and not (reversible and (orphaned or level is not null)))
      returning id)
    update ${own}.firing set
      state = case when orphaned and reversible then 'queued' else 'done' end,
      reverting = orphaned and reversible,
      key = case when orphaned and reversible then null else key end,
      attempts = case when orphaned and reversible then 0 else attempts end,
      orphaned = false, error = null, ended_at = now(), worker = null
    where ${mine} and not exists (select from gone)`
}
