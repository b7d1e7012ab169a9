import { causesOf } from '../causes-of.ts'
import { DatabaseUnavailableError, DatasourceError, SessionLostError } from '../errors.ts'

/**
 * SQLSTATEs that say «try again»: serialization failure, deadlock; disk full, out of memory, too many connections; a lock or a
 * statement that took too long, which on a server with less to do it may not; the server going down or starting; and all of
 * class 08 (connection). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const TRANSIENT = new Set('40001 40P01 53100 53200 53300 55P03 57014 57P01 57P02 57P03'.split(' '))

/** May the same call succeed when it is made again later? Looks through the causes: user code wraps errors. */
export function mayPass(error: unknown): boolean {
  for (const current of causesOf(error)) {
    if (current instanceof DatasourceError) return current.retriable
    if (current instanceof SessionLostError || current instanceof DatabaseUnavailableError) return true
    const code = 'code' in current && typeof current.code === 'string' ? current.code : ''
    if (TRANSIENT.has(code) || /^08...$/.test(code)) return true
  }
  return false
}
