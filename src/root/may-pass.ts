import { DatabaseUnavailableError, DatasourceError, SessionLostError } from '../errors.ts'

/**
 * SQLSTATEs that say «try again»: serialization failure, deadlock, too many connections, the server going down or starting,
 * and all of class 08 (connection). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const TRANSIENT = new Set(['40001', '40P01', '53300', '57P01', '57P02', '57P03'])

/** May the same call succeed when it is made again later? Looks through the causes: user code wraps errors. */
export function mayPass(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof DatasourceError) return current.retriable
    if (current instanceof SessionLostError || current instanceof DatabaseUnavailableError) return true
    const code = 'code' in current && typeof current.code === 'string' ? current.code : ''
    if (TRANSIENT.has(code) || /^08...$/.test(code)) return true
  }
  return false
}
