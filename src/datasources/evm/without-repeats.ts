import { DatasourceError } from '../../errors.ts'

/** What of a log is compared. */
interface Comparable {
  readonly logIndex: number
  readonly transactionHash: string | null
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
}

/**
 * A block's logs, sorted by their numbers, each once: a node that joins answers of several may have some of them twice. The same number in two
 * transactions is none: there are chains that count anew in each.
 * @throws DatasourceError where one number is of two logs
 */
export function withoutRepeats<Log>(logs: readonly Log[], origin: string): readonly Log[] {
  const kept: Log[] = []
  for (const log of logs) {
    if (!isRepeat(log as Comparable, kept as readonly Comparable[], origin)) kept.push(log)
  }
  return kept
}

function isRepeat(log: Comparable, before: readonly Comparable[], origin: string): boolean {
  for (let at = before.length - 1; before[at]?.logIndex === log.logIndex; at -= 1) {
    const other = before[at]
    if (other === undefined || other.transactionHash !== log.transactionHash) continue
    if (isSame(other, log)) return true
    throw new DatasourceError(
      `${origin}: eth_getLogs: answered with two logs of the number ${log.logIndex} in transaction ${log.transactionHash}`,
    )
  }
  return false
}

function isSame(one: Comparable, other: Comparable): boolean {
  return (
    one.address.toLowerCase() === other.address.toLowerCase() &&
    one.data === other.data &&
    one.topics.join() === other.topics.join()
  )
}
