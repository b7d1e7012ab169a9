import { DatabaseUnavailableError, SessionLostError } from '../errors.ts'
import { isConflicting } from './conflicting-leases.ts'
import type { Database } from './database.ts'
import { isGone, type LeaseHolder } from './lease-holder.ts'
import { LeaseHeartbeat, RELEASED } from './lease-heartbeat.ts'

export interface LeaseOptions {
  readonly name: string
  readonly holder: LeaseHolder
  /** ms. A holder that was not heard of for so long has lost it. */
  readonly duration: number
  /** Somebody else has it: called once for each other holder. */
  readonly onWaiting: (holder: string) => void
  /** We had it and have it no more. Called at most once. */
  readonly onLost: () => void
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

export interface Lease {
  /** Rises with each holder: transactions under an older one fail. */
  readonly fence: bigint
  /** Gives it back, so that who waits has it at once; without a database it runs out by itself. Idempotent. */
  release(): Promise<void>
}

/** ms. A holder that lives, and lost the session of its heartbeat, has another one long before. */
const ABSENCE = 800
/** ms between looks at a holder, however long its lease lasts: one that is gone is seen by looking only. */
const LOOK = 1_000
/** The same at one whose heartbeat has no session. */
const CLOSE_LOOK = 100
/** Of all schemas in all databases of a server; the number is arbitrary. */
const LOCK = 7_238_004

/**
 * Takes the lease, or waits for it and for those that it excludes (`a` excludes `a:b`): a row by the database's clock, kept by a heartbeat. Not a session's advisory lock: that
 * is lost unseen through a connection pooler, and stays held for minutes when a network is cut.
 *
 * @throws DatabaseUnavailableError, SessionLostError at the first try; who stands by waits for the database, too
 */
export async function takeLease(database: Database, options: LeaseOptions): Promise<Lease> {
  const { signal, duration } = options
  let ring = (): void => {}
  const onAbort = (): void => ring()
  signal.addEventListener('abort', onAbort)
  let listening: { unlisten(): Promise<void> } | undefined
  let told: string | undefined
  /** `performance.now()` since when the holder's heartbeat has no session. */
  let absentSince: number | undefined
  try {
    for (;;) {
      signal.throwIfAborted()
      // Before the look: a release after it is heard.
      const rung = new Promise<void>((resolve) => (ring = resolve))
      const isAbsent = absentSince !== undefined && performance.now() - absentSince >= ABSENCE
      const attempt = await tryLease(database, options, isAbsent).catch((error: unknown) =>
        lookAgain(error, told),
      )
      if (attempt.type === 'taken') return keep(database, options, attempt)
      absentSince = attempt.absent ? (absentSince ?? performance.now()) : undefined
      if (attempt.holder !== undefined && attempt.holder !== told) options.onWaiting((told = attempt.holder))
      if (listening === undefined) {
        listening = await database.listen(RELEASED, () => ring()).catch(() => undefined)
        if (listening !== undefined) continue
      }
      const timer = setTimeout(() => ring(), attempt.absent ? CLOSE_LOOK : Math.min(LOOK, duration / 10))
      await rung
      clearTimeout(timer)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await listening?.unlisten()
  }
}

type Attempt = Taken | Held

interface Held {
  readonly type: 'held'
  /** Undefined: not known now. */
  readonly holder: string | undefined
  /** The backend of its heartbeat is not there: its process has ended, or lost the connection a moment ago. */
  readonly absent: boolean
}

interface Taken {
  readonly type: 'taken'
  readonly fence: bigint
  /** `performance.now()` when it was surely not older. */
  readonly since: number
}

/** Who stands by outlives a database that restarts. */
function lookAgain(error: unknown, told: string | undefined): Attempt {
  const away = error instanceof DatabaseUnavailableError || error instanceof SessionLostError
  if (told === undefined || !away) throw error
  return { type: 'held', holder: undefined, absent: false }
}

function tryLease(
  database: Database,
  { name, holder, duration, signal }: LeaseOptions,
  isAbsent: boolean,
): Promise<Attempt> {
  return database.transaction(
    async ({ sql }) => {
      const own = sql(database.ownSchema)
      // Of leases that exclude each other, none may come between the look and the taking.
      await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${database.ownSchema}))`
      // Of sessions of another role only the number may be seen: it may be another's by now, and the lease runs out.
      const rows = await sql<HeldRow[]>`
        select name, holder, pid, machine, expires_at > clock_timestamp() as valid,
          session is not null and not exists (select from pg_stat_activity
            where format('%s %s', pid, extract(epoch from backend_start)) = session
              or backend_start is null and pid::text = split_part(session, ' ', 1)) as absent
        from ${own}.lease where ${isConflicting(sql, name)} order by name for update`
      const held = rows.find(
        ({ valid, pid, machine, absent }) =>
          valid && !isGone({ pid, machine: machine ?? undefined }) && !(absent && isAbsent),
      )
      if (held !== undefined) return { type: 'held', holder: held.holder, absent: held.absent }
      const before = rows.find((row) => row.name === name)
      const [taken] = await sql<{ session: number }[]>`
        insert into ${own}.lease as lease (name, holder, pid, machine, expires_at)
        values (${name}, ${holder.name}, ${holder.pid}, ${holder.machine ?? null}, clock_timestamp())
        on conflict (name) do update
        set holder = excluded.holder, pid = excluded.pid, machine = excluded.machine, session = null
        where lease.holder is not distinct from ${before?.holder ?? null}
        returning pg_backend_pid() as session`
      // Nobody held it, and another process was faster: the next look tells who.
      if (taken === undefined) return { type: 'held', holder: undefined, absent: false }
      await sql`delete from ${own}.lease where ${isConflicting(sql, name)} and name <> ${name}`
      const [fence] = await withoutBlockers(
        database,
        taken.session,
        duration / 4,
        // Higher than all others, so that what was written under one that goes now is never written under another.
        sql<{ number: bigint }[]>`
          with gone as (
            delete from ${own}.fence where ${isConflicting(sql, name)} and name <> ${name})
          insert into ${own}.fence as fence (name, number) select ${name}, coalesce(max(number), 0) + 1 from ${own}.fence
          on conflict (name) do update set number = excluded.number returning number`,
      )
      const since = performance.now()
      await sql`
        update ${own}.lease set expires_at = clock_timestamp() + ${duration} * interval '1 ms' where name = ${name}`
      return { type: 'taken', fence: fence?.number ?? 0n, since }
    },
    { signal },
  )
}

interface HeldRow {
  readonly name: string
  readonly holder: string
  readonly pid: number
  readonly machine: string | null
  readonly valid: boolean
  readonly absent: boolean
}

/**
 * A transaction of the holder before us that is still open keeps the fence's row: it commits under its number, or never. It
 * gets a moment; then its session is ended, for its process may be stopped in the middle of it.
 */
async function withoutBlockers<T>(
  database: Database,
  session: number,
  patience: number,
  work: PromiseLike<T>,
): Promise<T> {
  const timer = setInterval(() => {
    // Not allowed, say: then it lasts until the server ends what is idle in a transaction.
    database.sql`select pg_terminate_backend(pid) from unnest(pg_blocking_pids(${session})) pid`.catch(
      () => {},
    )
  }, patience)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

function keep(database: Database, { name, holder, duration, onLost }: LeaseOptions, taken: Taken): Lease {
  const { fence, since } = taken
  const heartbeat = new LeaseHeartbeat({
    database,
    name,
    holder: holder.name,
    fence,
    duration,
    since,
    onLost,
  })
  return { fence, release: () => heartbeat.release() }
}
