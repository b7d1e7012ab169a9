import type { Database } from './database.ts'
import { isGone, type LeaseHolder } from './lease-holder.ts'

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
  /** Gives it back, so that who waits has it at once. Idempotent. */
  release(): Promise<void>
}

/** Told at each release. */
const CHANNEL = 'pawl_lease'

/**
 * Takes the lease, or waits for it: a row by the database's clock, kept by a heartbeat. Not a session's advisory lock: that
 * is lost unseen through a connection pooler, and stays held for minutes when a network is cut.
 */
export async function takeLease(database: Database, options: LeaseOptions): Promise<Lease> {
  let told: string | undefined
  for (;;) {
    options.signal.throwIfAborted()
    const attempt = await tryLease(database, options)
    if (attempt.type === 'taken') return keep(database, options, attempt.fence)
    if (attempt.holder !== told) options.onWaiting((told = attempt.holder))
    await released(database, options)
  }
}

type Attempt =
  | { readonly type: 'taken'; readonly fence: bigint }
  | { readonly type: 'held'; readonly holder: string }

function tryLease(database: Database, { name, holder, duration }: LeaseOptions): Promise<Attempt> {
  return database.transaction(async ({ sql }) => {
    const own = sql(database.ownSchema)
    const [held] = await sql<HeldRow[]>`
      select holder, pid, machine, expires_at > clock_timestamp() as valid from ${own}.lease where name = ${name} for update`
    if (held?.valid === true && !isGone({ pid: held.pid, machine: held.machine ?? undefined })) {
      return { type: 'held', holder: held.holder }
    }
    const taken = await sql`
      insert into ${own}.lease as lease (name, holder, pid, machine, expires_at)
      values (${name}, ${holder.name}, ${holder.pid}, ${holder.machine ?? null},
        clock_timestamp() + ${duration} * interval '1 ms')
      on conflict (name) do update set holder = excluded.holder, pid = excluded.pid, machine = excluded.machine,
        expires_at = excluded.expires_at
      where lease.holder is not distinct from ${held?.holder ?? null}`
    // Nobody held it, and another process was faster.
    if (taken.count === 0) return { type: 'held', holder: 'another process' }
    // Waits for a transaction of the holder before us that is still open: it commits under its number, or never.
    const [fence] = await sql<{ number: bigint }[]>`
      insert into ${own}.fence as fence (name, number) values (${name}, 1)
      on conflict (name) do update set number = fence.number + 1 returning number`
    return { type: 'taken', fence: fence?.number ?? 0n }
  })
}

interface HeldRow {
  readonly holder: string
  readonly pid: number
  readonly machine: string | null
  readonly valid: boolean
}

/** Resolves when it may be free: at a release, or when it would have expired. */
async function released(database: Database, { duration, signal }: LeaseOptions): Promise<void> {
  let wake = (): void => {}
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  const timer = setTimeout(wake, duration / 2)
  signal.addEventListener('abort', wake, { once: true })
  const listening = await database.listen(CHANNEL, wake)
  try {
    await woken
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', wake)
    await listening.unlisten()
  }
}

function keep(database: Database, options: LeaseOptions, fence: bigint): Lease {
  const { name, holder, duration, onLost } = options
  const own = database.sql(database.ownSchema)
  let ended = false
  let confirmed = performance.now()

  const lose = (): void => {
    if (ended) return
    ended = true
    clearInterval(timer)
    onLost()
  }
  const beat = async (): Promise<void> => {
    const started = performance.now()
    try {
      const kept = await database.sql`
        update ${own}.lease set expires_at = clock_timestamp() + ${duration} * interval '1 ms'
        where name = ${name} and holder = ${holder.name}`
      if (kept.count === 0) lose()
      else confirmed = started
    } catch {
      // The database does not answer: after its time the lease is anybody's, whatever the reason.
      if (performance.now() - confirmed > duration) lose()
    }
  }
  // Three chances in its time.
  const timer = setInterval(() => void beat(), duration / 3)
  timer.unref()

  return {
    fence,
    release: async () => {
      if (ended) return
      ended = true
      clearInterval(timer)
      await database.sql`delete from ${own}.lease where name = ${name} and holder = ${holder.name}`
      await database.sql`select pg_notify(${CHANNEL}, ${name})`
    },
  }
}
