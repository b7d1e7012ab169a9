import { lostSession } from './connection-error.ts'
import type { BackendIdentity } from './database.ts'
import type { Session } from './session.ts'

/** ms. A statement that lasts shorter is never asked after. */
const INTERVAL = 3_000

interface Suspicion {
  /** What the session waits for. */
  readonly waitsFor: object
  /** Since when its backend says that it is idle; undefined: it does not. */
  readonly idleSince: string | undefined
}

interface BackendRow extends BackendIdentity {
  readonly idle_since: string | null
}

/**
 * Notices what a TCP connection does not tell for a quarter of an hour: that one end is gone. A session that waits for an
 * answer while its backend has none to give, or is not there, is lost. And a backend whose session is lost would go on holding
 * its locks: it is ended, so that nobody waits for them.
 *
 * Without effect behind a connection pooler, where nobody can tell which backend a session has.
 */
export class AnswerWatch {
  readonly #open: () => Promise<Session>
  readonly #sessions = new Map<Session, Suspicion | undefined>()
  #leftBehind: BackendIdentity[] = []
  #session: Session | undefined
  #timer: NodeJS.Timeout | undefined
  #looking = false
  #closed = false

  /** @param open a session of its own: any other may be one of those that are cut off */
  constructor(open: () => Promise<Session>) {
    this.#open = open
  }

  add(session: Session): void {
    const { identity } = session
    if (identity === undefined) return
    this.#sessions.set(session, undefined)
    session.ended.catch(() => {
      this.#sessions.delete(session)
      if (!this.#closed && !session.isDismissed) this.#leftBehind.push(identity)
    })
    this.#timer ??= setInterval(() => void this.#look(), INTERVAL).unref()
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    this.#session?.end()
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      // It had its time: the network may be cut, and another session be none the worse.
      this.#session?.end()
      return
    }
    const suspects = this.#suspects()
    const leftBehind = this.#leftBehind
    if (suspects.length === 0 && leftBehind.length === 0) {
      this.#session?.end()
      this.#session = undefined
      return
    }
    this.#looking = true
    try {
      const session = await this.#connected()
      const lost = suspects.length === 0 ? [] : await this.#findLost(session, suspects)
      for (const { identity } of lost) if (identity !== undefined) leftBehind.push(identity)
      await end(session, leftBehind)
      this.#leftBehind = this.#leftBehind.filter((identity) => !leftBehind.includes(identity))
      for (const suspect of lost) suspect.end(lostSession(new Error('the answer to a statement never came')))
    } catch {
      // Again at the next look, on another session.
      this.#session?.end()
      this.#session = undefined
    } finally {
      this.#looking = false
    }
  }

  /** Sessions that have waited for one thing since the last look. */
  #suspects(): readonly Session[] {
    const suspects: Session[] = []
    for (const [session, before] of this.#sessions) {
      const { waitsFor } = session
      if (waitsFor !== undefined && waitsFor === before?.waitsFor) suspects.push(session)
      else this.#sessions.set(session, waitsFor && { waitsFor, idleSince: undefined })
    }
    return suspects
  }

  async #connected(): Promise<Session> {
    this.#session ??= await this.#open()
    if (this.#closed) this.#session.end()
    return this.#session
  }

  /** An answer may be on its way: only who is found idle twice, and has done nothing in between, will give none. */
  async #findLost({ sql }: Session, suspects: readonly Session[]): Promise<readonly Session[]> {
    const pids = suspects.map(({ identity }) => identity?.pid ?? 0)
    const rows = await sql<BackendRow[]>`
      select pid, extract(epoch from backend_start)::text as started,
        case when state like 'idle%' then state_change::text end as idle_since
      from pg_stat_activity where pid in ${sql(pids)}`
    return suspects.filter((session) => {
      const before = this.#sessions.get(session)
      // Answered meanwhile.
      if (before === undefined || session.waitsFor !== before.waitsFor) return false
      const { pid, started } = session.identity ?? {}
      const row = rows.find((each) => each.pid === pid && each.started === started)
      if (row === undefined) return true
      const idleSince = row.idle_since ?? undefined
      this.#sessions.set(session, { waitsFor: before.waitsFor, idleSince })
      return idleSince !== undefined && idleSince === before.idleSince
    })
  }
}

async function end({ sql }: Session, backends: readonly BackendIdentity[]): Promise<void> {
  for (const { pid, started } of backends) {
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where pid = ${pid} and extract(epoch from backend_start)::text = ${started}`
  }
}
