import { randomUUID } from 'node:crypto'
import { causesOf } from '../causes-of.ts'
import { DatabaseUnavailableError } from '../errors.ts'
import type { Session } from './session.ts'

/** PgBouncer's words, for each setting that it does not know: with SQLSTATE 08P01, which others have, too. */
const REFUSAL = /unsupported startup parameter/

/** What answers is a connection pooler, which takes no settings of a session while it connects. */
export const refusesSettings = (error: unknown): boolean =>
  causesOf(error).some((one) => REFUSAL.test(one.message))

/** Sessions that look for what another one has set. */
const LOOKS = 3

/**
 * A pooler that gives each transaction another server's connection has one session find what another has set, and Pawl needs sessions. (In
 * session mode it never does so: the first keeps its own.)
 * @param open opens a session without settings
 * @throws DatabaseUnavailableError
 */
export async function checkPooler(
  open: () => Promise<Pick<Session, 'run' | 'dismiss'>>,
  description: string,
): Promise<void> {
  const mark = randomUUID()
  const marked = await open()
  try {
    await marked.run(`select set_config('pawl.session', '${mark}', false)`)
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const other = await open()
      try {
        const [row] = await other.run(`select current_setting('pawl.session', true) as found`)
        if (row?.['found'] === mark) throw transactionMode(description)
      } finally {
        other.dismiss()
      }
    }
  } finally {
    marked.dismiss()
  }
}

export const transactionMode = (description: string, cause?: unknown): DatabaseUnavailableError =>
  new DatabaseUnavailableError(
    `${description} is a connection pooler in transaction mode, and Pawl needs sessions: for LISTEN, locks and settings`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: 'Connect to PostgreSQL itself; or to a pooler in session mode (PgBouncer: pool_mode = session).',
    },
  )
